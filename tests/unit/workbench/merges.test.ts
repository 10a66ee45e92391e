import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MergeState } from '../../../src-main/workbench/contract/contract.ts';
import { Merges } from '../../../src-main/workbench/merges.ts';
import { temporaryFolder } from '../../fixtures/fake-workbench.ts';

test('another merge can begin as soon as somebody is told that one has ended', async () => {
  const folder = temporaryFolder();
  const told: MergeState[] = [];
  const again = Promise.withResolvers<MergeState>();
  const merges = new Merges({
    dataFolder: folder.path,
    version: '1',
    now: () => 0,
    broadcast: {
      tell(event) {
        if (event.kind !== 'merge') return;
        told.push(event.merge);
        if (event.merge.state === 'failed' && told.length === 2) start().then(again.resolve, again.reject);
      },
    },
  });
  const request = {
    steps: [{ method: 'weight-average', models: [join(folder.path, 'nowhere.safetensors')], set: {}, layers: [] }],
    output: join(folder.path, 'out.safetensors'),
    seed: 0,
    force: false,
    memoryBytes: 2 ** 30,
  };
  const start = (): Promise<MergeState> => merges.handlers()['merge.start'](request);
  await start();
  expect((await again.promise).state).toBe('merging');
  expect(told.map(({ state }) => state)).toEqual(['merging', 'failed', 'merging']);
  expect(told[1].message).toContain('nowhere.safetensors is not there.');
  merges.close();
  folder.remove();
});
