import { expect, it } from 'vitest';
import { mayGo } from '../../../src-main/cli/confirm.ts';
import type { Shell } from '../../../src-main/cli/shell.ts';
import { TRIAL_STATES } from '../../../src-main/results/states.ts';
import type { StudySummary } from '../../../src-main/workbench/contract/contract.ts';
import { removalText, studiesNeeding } from '../../../src-main/workbench/removal.ts';

const counts = (some: Partial<StudySummary['counts']>): StudySummary['counts'] => ({
  ...{ queued: 0, waiting: 0, running: 0, paused: 0, done: 0, diverged: 0, 'not-possible': 0, failed: 0, cancelled: 0 },
  ...some,
});

it('names the studies that still need a data set, by every state that is not an end', () => {
  const suites = [
    { id: 'tables/pets', datasets: ['pets'] },
    { id: 'split-mnist', datasets: ['mnist'] },
  ];
  const study = (name: string, suite: string, some: Partial<StudySummary['counts']>) => ({
    name,
    suites: [suite],
    counts: counts(some),
  });
  const studies = [
    ...TRIAL_STATES.map((state) => study(state, 'tables/pets', { [state]: 1 })),
    study('other', 'split-mnist', { running: 3 }),
  ];
  expect(studiesNeeding('pets', suites, studies)).toEqual(['queued', 'waiting', 'running', 'paused']);
});

it('says what goes, what stays and who still needs it', () => {
  const set = {
    id: 'pets',
    title: 'Pets',
    state: 'installed' as const,
    bytes: 3_400_000,
    rows: { train: 150, test: 50 },
  };
  expect(removalText(set, [])).toBe(
    'The data set "Pets" (pets) goes: 3.40 MB here, 150 training and 50 test examples. The files that ' +
      'it was imported from are not touched, ' +
      'and results that were computed with it stay.',
  );
  expect(removalText(set, ['a', 'b', 'c', 'd', 'e', 'f', 'g'])).toContain(
    '7 studies have trials left that cannot run without it: "a", "b", "c", "d", "e", and 2 more.',
  );
  expect(removalText({ ...set, state: 'generated' }, ['a'])).toContain('drawn again');
});

it('what nobody can be asked about stays, and so does what a person does not confirm', async () => {
  const asked: string[] = [];
  const shell = (interactive: boolean, answer: boolean): Shell => ({
    dataFolder: '',
    interactive,
    out: () => undefined,
    err: () => undefined,
    confirm: async (question) => {
      asked.push(question);
      return answer;
    },
    withWorkbench: () => Promise.reject(new Error('not asked for')),
  });
  await expect(mayGo(shell(false, true), 'It goes.', 'Remove it?', false)).rejects.toThrow(
    'Nothing was deleted. It goes.',
  );
  expect(asked).toEqual([]);
  expect(await mayGo(shell(true, false), 'It goes.', 'Remove it?', false)).toBe(false);
  expect(await mayGo(shell(true, true), 'It goes.', 'Remove it?', false)).toBe(true);
  expect(asked).toEqual(['It goes. Remove it?', 'It goes. Remove it?']);
  expect(await mayGo(shell(false, false), 'It goes.', 'Remove it?', true)).toBe(true);
});
