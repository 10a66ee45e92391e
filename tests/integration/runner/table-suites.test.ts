import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { openWorkbench } from '../../../src-main/workbench/open.ts';
import type { OpenedWorkbench } from '../../../src-main/workbench/open.ts';
import { ended, temporaryFolder } from '../../fixtures/fake-workbench.ts';

/** A table of a person's, from its file to a leaderboard, through the real program. */

const folder = temporaryFolder();
let shell: OpenedWorkbench | null = null;
afterEach(async () => {
  await shell?.close({ graceful: false });
  folder.remove();
});

it('an imported table is a suite at once, and no more once it is removed', async () => {
  const rows = Array.from(
    { length: 120 },
    (_, i) => `${i % 3 === 0 ? 5 + (i % 7) / 10 : i % 7},${(i % 5) / 10},${i % 3 === 0 ? 'far' : 'near'}`,
  );
  const file = join(folder.path, 'points.csv');
  writeFileSync(file, `x,y,place\n${rows.join('\n')}\n`);
  shell = await openWorkbench({ dataFolder: join(folder.path, 'data') });
  const { client } = shell;
  const suites = async () => (await client.call('catalogue.suites', {})).map(({ id }) => id);
  expect(await suites()).not.toContain('rows/points');
  await client.call('data.import', { id: 'points', path: file, options: { target: 'place' } });
  expect(await suites()).toContain('rows/points');

  const request = { name: 'Points', suites: ['rows/points'], methods: [{ method: 'single' }], seeds: [0] };
  const study = await client.call('study.create', { ...request, references: false });
  expect((await ended(client, study.id)).state).toBe('done');
  const board = await client.call('leaderboard.get', { study: study.id, metrics: ['acc.test'] });
  expect(board.rows[0]?.cells[0]?.estimate?.mean).toBeGreaterThan(0.8);

  await client.call('data.remove', { id: 'points' });
  expect(await suites()).not.toContain('rows/points');
}, 120_000);
