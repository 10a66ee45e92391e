import { afterEach, expect, it } from 'vitest';
import { openWorkbench, realParts } from '../../../src-main/workbench/open.ts';
import type { OpenedWorkbench } from '../../../src-main/workbench/open.ts';
import { ended, temporaryFolder, when } from '../../fixtures/fake-workbench.ts';

const SUITE = 'iid-tabular-quick/wdbc';
const folder = temporaryFolder();
const shells: OpenedWorkbench[] = [];
afterEach(async () => {
  for (const shell of shells.splice(0)) await shell.close({ graceful: false });
  folder.remove();
});

async function open(): Promise<OpenedWorkbench> {
  const shell = await openWorkbench({
    dataFolder: folder.path,
    parts: async (data, store) => ({ ...(await realParts(data, store)), capacity: () => 1 }),
  });
  shells.push(shell);
  return shell;
}

it('settings are tried on held-out rows, and the best runs as asked, also after a kill', async () => {
  const first = await open();
  const asked = {
    name: 'tuned',
    suites: [SUITE],
    methods: [{ method: 'sgd', hyperParameters: { schedule: 'constant' } }],
    seeds: [0, 1],
    references: false,
    tuning: { kind: 'random' as const, candidates: 3 },
  };
  const tried = when(first.client, (event) => (event.kind === 'trial' && event.trial.state === 'done' ? event : null));
  const made = await first.client.call('study.create', asked);
  await tried;
  // Killed among the candidates: whoever opens it next goes on with them, and with what follows.
  shells.splice(shells.indexOf(first), 1);
  await first.close({ graceful: false });
  const again = await open();
  await again.client.call('study.resume', { id: made.id });
  await ended(again.client, made.id);
  const study = await again.client.call('study.get', { id: made.id });
  expect(study.state).toBe('done');
  const candidates = study.trials.filter(({ spec }) => spec.suite === `${SUITE}#dev`);
  const final = study.trials.filter(({ spec }) => spec.suite === SUITE);
  expect(candidates.map(({ spec }) => [spec.seed, spec.hyperParameters['schedule']])).toEqual(
    Array.from({ length: 3 }, () => [0, 'constant']),
  );
  expect(final.map(({ spec }) => spec.seed)).toEqual([0, 1]);
  // The one with the best accuracy on held-out rows, the first of equal ones.
  const [best] = [...candidates].sort((a, b) => (b.headline ?? 0) - (a.headline ?? 0));
  for (const { spec } of final) expect(spec.hyperParameters).toEqual(best?.spec.hyperParameters);
  const board = await again.client.call('leaderboard.get', { suites: [SUITE] });
  expect(board.columns.map(({ suite }) => suite)).not.toContain(`${SUITE}#dev`);
  // It has ended: asked again, nothing more comes of it.
  expect((await again.client.call('study.resume', { id: made.id })).state).toBe('done');
  await expect(again.client.call('study.extend', { id: made.id, seeds: [5] })).rejects.toThrow('tunes its methods');
}, 120_000);
