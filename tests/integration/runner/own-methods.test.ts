import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { leaderboardText } from '../../../src-main/cli/text.ts';
import { openWorkbench, realParts } from '../../../src-main/workbench/open.ts';
import type { OpenedWorkbench } from '../../../src-main/workbench/open.ts';
import { ended, temporaryFolder, when } from '../../fixtures/fake-workbench.ts';

/** Own methods with real workers: what a file measured is never given for what it is now. */

const SUITE = 'split-optdigits-quick/class-il';
const folders: { path: string; remove(): void }[] = [];
const shells: OpenedWorkbench[] = [];
afterEach(async () => {
  for (const shell of shells.splice(0)) await shell.close({ graceful: false });
  for (const folder of folders.splice(0)) folder.remove();
});

async function open(): Promise<{ client: OpenedWorkbench['client']; write(factor: number, more?: string): void }> {
  const folder = temporaryFolder();
  folders.push(folder);
  mkdirSync(join(folder.path, 'methods'));
  const write = (factor: number, more = ''): void => {
    writeFileSync(join(folder.path, 'methods/_factor.ts'), `export const factor: number = ${factor};`);
    writeFileSync(
      join(folder.path, 'methods/mine.ts'),
      `import { defineContinualMethod, tf, z } from 'touchstone';
       import { factor } from './_factor.ts';
       ${more}
       export default defineContinualMethod({ id: 'mine', version: 1, title: 'Mine', summary: 'Shrinks.', paper: null,
         fields: { decay: z.number().min(0).max(1).default(0.1).describe('Strength') },
         create: (_run, { decay }) => ({ addedGradients: (_scope, parameters) =>
           Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, tf.mul(value, decay * factor)])) }) });`,
    );
  };
  write(1);
  const shell = await openWorkbench({
    dataFolder: folder.path,
    parts: async (path, store) => ({ ...(await realParts(path, store)), capacity: () => 1 }),
  });
  shells.push(shell);
  return { client: shell.client, write };
}
const request = (seeds: number[]) => ({
  name: 'mine',
  suites: [SUITE],
  methods: [{ method: 'mine' }],
  seeds,
  references: false,
});

it(
  'an edited file is computed anew with its version left at 1; both are kept apart, and the old one ' +
    'comes back with the old file',
  async () => {
    const { client, write } = await open();
    const run = async (seeds: number[]) => {
      const study = await client.call('study.create', request(seeds));
      expect((await ended(client, study.id)).state).toBe('done');
      const { trials } = await client.call('study.get', { id: study.id });
      return { id: study.id, trials: trials.map(({ id, headline }) => ({ id, headline })) };
    };
    const first = await run([0]);
    const saw = when(client, (event) => (event.kind === 'catalogue' ? event.message : null));
    write(40);
    // Without being asked: the folder is watched.
    expect(await saw).toContain('mine.ts was read: new studies use mine as it is now');
    expect((await client.call('catalogue.own', {})).map(({ ids, trouble }) => [ids, trouble])).toEqual([
      [['mine'], null],
    ]);
    expect(await client.call('study.plan', request([0, 1]))).toMatchObject({ trials: 2, alreadyDone: 0 });
    const second = await run([0, 1]);
    expect(second.trials.map(({ id }) => id)).not.toContain(first.trials[0]?.id);
    expect(second.trials[0]?.headline).not.toBe(first.trials[0]?.headline);

    // The board is about the file as it is now, and says what it leaves out; a study shows what it measured.
    const board = await client.call('leaderboard.get', {});
    expect(board.rows.map(({ cells }) => cells[0]?.estimate?.n)).toEqual([2]);
    expect(board.warnings.join(' ')).toContain(
      'One older result not shown, measured with other versions than this program has now: file ',
    );
    const old = await client.call('leaderboard.get', { study: first.id });
    expect(old.rows.map(({ cells }) => cells[0]?.estimate?.mean)).toEqual([first.trials[0]?.headline]);

    write(1);
    expect(await client.call('study.plan', request([0, 1]))).toMatchObject({ trials: 2, alreadyDone: 1 });
  },
);

it('trials that wait when the file is edited are planned anew; what runs ends as what it was asked as', async () => {
  const { client, write } = await open();
  const logs: string[] = [];
  client.subscribe((event) => {
    if (event.kind === 'log') logs.push(event.message);
  });
  const study = await client.call('study.create', request([0, 1, 2]));
  const asked = (await client.call('study.get', { id: study.id })).trials.map(({ id }) => id);
  // Progress is told once the worker has the file; before, an edit comes between the order and its start.
  await when(client, (event) =>
    event.kind === 'trial' && event.trial.state === 'running' && event.trial.progress !== null ? true : null,
  );
  write(40, '// edited while the first trial runs');
  const end = await ended(client, study.id);
  expect(end.state).toBe('done');
  const { trials } = await client.call('study.get', { id: study.id });
  expect(trials.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
  const kept = trials.filter(({ id }) => asked.includes(id));
  // One worker: what did not run yet is another trial now.
  expect(kept.length).toBeLessThan(3);
  expect(logs.join('\n')).toMatch(/planned anew \(mine: file of the method [0-9a-f]{12}, now [0-9a-f]{12}\)/);
  // The file as it is now has its own numbers, never averaged with those of before.
  const board = await client.call('leaderboard.get', {});
  expect(board.rows.map(({ cells }) => cells[0]?.estimate?.n)).toEqual([3 - kept.length]);
});

it('what a method measures of itself is a column of boards with its words', async () => {
  const folder = temporaryFolder();
  folders.push(folder);
  mkdirSync(join(folder.path, 'methods'));
  writeFileSync(
    join(folder.path, 'methods/mine.ts'),
    `import { defineTrainingMethod } from 'touchstone';
     export default defineTrainingMethod({ id: 'mine', version: 1, title: 'Mine', summary: 'Counts.', paper: null, fields: {},
       measures: [{ id: 'measure.answer', title: 'Answer', formula: 'twice 21', direction: 'lower', unit: 'count' }],
       hooks: () => ({ end: async () => ({ scalars: { 'measure.answer': 42, 'not-declared': 1 } }) }) });`,
  );
  writeFileSync(
    join(folder.path, 'methods/wrong.ts'),
    `import { defineTrainingMethod } from 'touchstone';
     export default defineTrainingMethod({ id: 'wrong', version: 1, title: 'Wrong', summary: '', paper: null, fields: {},
       measures: [{ id: 'acc.test', title: 'Answer', formula: '', direction: 'lower', unit: 'count' }], hooks: () => ({}) });`,
  );
  const { client } = await openWorkbench({ dataFolder: folder.path }).then((shell) => (shells.push(shell), shell));
  const suite = 'iid-tabular-quick/wdbc';
  const asked = { name: 'mine', suites: [suite], methods: [{ method: 'mine' }], seeds: [0], references: false };
  const study = await client.call('study.create', asked);
  expect((await ended(client, study.id)).state).toBe('done');

  const words = { title: 'Answer', formula: 'twice 21', source: 'measured by Mine', direction: 'lower', unit: 'count' };
  const board = await client.call('leaderboard.get', { study: study.id });
  const last = board.columns.at(-1);
  expect(last).toEqual({ suite, metric: 'measure.answer', measure: { id: 'measure.answer', ...words } });
  expect(board.columns.map(({ metric }) => metric)).not.toContain('not-declared');
  expect(board.rows[0]?.cells.at(-1)).toMatchObject({ metric: 'measure.answer', estimate: { mean: 42 } });
  expect(leaderboardText(board)).toContain('measure.answer ↓');
  expect((await client.call('catalogue.metrics', {})).find(({ id }) => id === 'measure.answer')).toMatchObject(words);
  expect((await client.call('catalogue.own', {})).find(({ file }) => file.endsWith('wrong.ts'))?.trouble).toContain(
    'the id of a measure is "measure." and lower-case words',
  );
});
