import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBench, request, temporaryFolder } from '../../fixtures/fake-workbench.ts';
import type { Bench } from '../../fixtures/fake-workbench.ts';

let folder = { path: '', remove: (): void => undefined };
let bench: Bench;
beforeEach(async () => {
  folder = temporaryFolder();
  bench = await openBench(folder.path);
});
afterEach(async () => {
  await bench.workbench.close();
  folder.remove();
});

const good = request(['fake-walk']);
const store = (id: string, asked: string): void =>
  void bench.store.createStudy(
    { id, name: id, intent: 'run', request: asked, backend: 'wasm', createdAt: 1, finishedAt: 2 },
    [],
  );

describe('one study that cannot be read', () => {
  it.each([
    ['null', 'null'],
    ['no JSON', '{'],
    ['nothing', '{}'],
    ['a seed of 1.5', JSON.stringify({ ...good, seeds: [1.5] })],
    ['an unknown backend', JSON.stringify({ ...good, backend: 'abacus' })],
  ])('(%s) is listed as that, beside the others, and can be deleted', async (_what, asked) => {
    store('broken-study', asked);
    store('sound-study', JSON.stringify(good));
    const list = await bench.workbench.call('study.list', {});
    expect(list.map(({ id, state }) => [id, state])).toEqual([
      ['broken-study', 'unreadable'],
      ['sound-study', 'done'],
    ]);
    expect(list[0]?.trouble).toMatch(/cannot be read.*stay on the overall leaderboard; deleting/);
    expect(list[1]?.trouble).toBeNull();
    await expect(bench.workbench.call('study.get', { id: 'broken-study' })).rejects.toMatchObject({
      failure: { kind: 'storage', message: expect.stringContaining('"broken-study" cannot be shown') },
    });
    await bench.workbench.call('study.rename', { id: 'broken-study', name: 'renamed' });
    await bench.workbench.call('study.delete', { id: 'broken-study' });
    expect(await bench.workbench.call('study.list', {})).toHaveLength(1);
  });
});
