import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect, it } from 'vitest';
import { importsInProcess } from '../../../src-main/datasets/import-process.ts';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import { folderWith, idxEntry, idxFiles, imported, refusalOf, storeOf } from './tiny.ts';

/**
 * The longest time for which this thread computed without giving others a turn, ms; what the machine does beside does
 * not count.
 */
async function longestTurn<T>(work: () => Promise<T>): Promise<{ longest: number; value: T }> {
  let longest = 0;
  const used = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let before = used();
  const timer = setInterval(() => {
    const now = used();
    longest = Math.max(longest, now - before);
    before = now;
  }, 2);
  try {
    return { value: await work(), longest };
  } finally {
    clearInterval(timer);
  }
}

it('imports in a process of its own: who asked goes on answering', { timeout: 60_000 }, async () => {
  const rows = Array.from({ length: 30_000 }, (_, i) => `${i % 977},${(i * 31) % 1009},w${i % 90},${'abc'[i % 3]}`);
  const folder = await folderWith({ 'large.csv': `x,y,word,class\n${rows.join('\n')}\n` });
  const dataFolder = await folderWith({});
  const store = openDatasetStore({ dataFolder, catalogue: new Map(), imports: importsInProcess(dataFolder) });
  const { longest, value } = await longestTurn(async () => {
    const preview = await store.preview('large', path.join(folder, 'large.csv'));
    return { preview, info: await imported(store, 'large', path.join(folder, 'large.csv')) };
  });
  expect(value.info).toMatchObject({ rows: { train: 21_000, test: 9000 }, shape: [92] });
  expect(value.preview.rows).toEqual(value.info.rows);
  expect(longest).toBeLessThan(100);
});

it('a process that needs too much memory ends with a sentence, and leaves nothing', { timeout: 60_000 }, async () => {
  const row = (i: number): string => Array.from({ length: 12 }, (_, c) => `${c}${'q'.repeat(300)}${i}`).join();
  const rows = Array.from({ length: 9000 }, (_, i) => `${row(i)},${i % 2}`);
  const folder = await folderWith({ 'large.csv': `${row(0)},class\n${rows.join('\n')}\n` });
  const dataFolder = await folderWith({});
  const store = openDatasetStore({ dataFolder, catalogue: new Map(), imports: importsInProcess(dataFolder, 24) });
  expect(await refusalOf(() => store.import('large', path.join(folder, 'large.csv')))).toMatch(/needed more memory/);
  expect(
    (await readdir(path.join(dataFolder, 'datasets')).catch(() => [])).filter((name) => !name.startsWith('.')),
  ).toEqual([]);
});

it('a million columns, and columns of many thousand words, are told before memory is taken for them', async () => {
  const { store } = await storeOf();
  const wide = `${'1,'.repeat(999_999)}1\n`.repeat(2);
  const folder = await folderWith({
    'wide.csv': wide,
    'wider.csv': `${'column,'.repeat(999_999)}x\n`.repeat(2),
    'words.csv': `a,b,c,class\n${Array.from({ length: 20_000 }, (_, i) => `w${i % 9000},v${i % 9001},u${i % 900},${i % 2}`).join('\n')}\n`,
  });
  const before = process.memoryUsage.rss();
  const began = performance.now();
  expect(await refusalOf(() => store.preview('t', path.join(folder, 'wide.csv')))).toMatch(
    /expected at most 50,000 columns, found 1,000,000/,
  );
  expect(await refusalOf(() => store.preview('t', path.join(folder, 'wider.csv')))).toMatch(
    /found a longer one \(more than \d{3},\d{3} columns\)/,
  );
  const preview = await store.preview('t', path.join(folder, 'words.csv'));
  expect(preview.columns.map(({ role }) => role)).toEqual(['ignored', 'ignored', 'feature', 'target']);
  expect(preview.columns[0].why).toBe('9,000 different texts');
  const large = { categories: ['c'], target: 'class' };
  expect((await store.preview('t', path.join(folder, 'words.csv'), large)).encoded).toEqual({
    columns: 900,
    bytes: 72_000_000,
  });
  expect(
    await refusalOf(() => store.preview('t', path.join(folder, 'words.csv'), { categories: ['a'], target: 'class' })),
  ).toMatch(/at most 1,000 levels, found 9,000.*--ignore a/);
  expect(process.memoryUsage.rss() - before).toBeLessThan(1e9);
  expect(performance.now() - began).toBeLessThan(20_000);
});

it.skipIf(process.platform === 'win32')('only regular files are read from a folder of a person', async () => {
  const { store } = await storeOf(idxEntry());
  const folder = await folderWith(idxFiles());
  execFileSync('rm', [path.join(folder, 'train-labels.gz')]);
  execFileSync('mkfifo', [path.join(folder, 'train-labels.gz'), path.join(folder, 'pipe.csv')]);
  const socket = createServer().listen(path.join(folder, 's.csv'));
  expect(await refusalOf(() => store.import('tiny', folder))).toMatch(
    /train-labels\.gz: expected a file of a dataset, found a FIFO/,
  );
  expect(await refusalOf(() => store.import('t', path.join(folder, 'pipe.csv')))).toMatch(
    /pipe\.csv: expected a table .*found a FIFO/,
  );
  expect(await refusalOf(() => store.import('t', path.join(folder, 's.csv')))).toMatch(/s\.csv: expected a table/);
  expect(await refusalOf(() => store.import('t', '/dev/zero'))).toMatch(/found a device/);
  const table = await folderWith({ 'a.csv': 'a,class\n1,x\n2,y\n3,x\n4,y\n' });
  execFileSync('mkfifo', [path.join(table, 'test.csv')]);
  expect(
    await refusalOf(() =>
      store.import('t', path.join(table, 'a.csv'), { test: { file: path.join(table, 'test.csv') } }),
    ),
  ).toMatch(/found a FIFO/);
  socket.close();
});

it('draws and verifies in a process of its own: who asked goes on answering', { timeout: 180_000 }, async () => {
  const dataFolder = await folderWith({});
  const here = openDatasetStore({ dataFolder: await folderWith({}) });
  const store = openDatasetStore({ dataFolder, imports: importsInProcess(dataFolder) });
  const generated = (await store.list()).filter(({ state }) => state === 'generated').map(({ id }) => id);
  expect(generated.length).toBeGreaterThan(0);
  const { longest, value } = await longestTurn(async () => {
    const found = new Map<string, unknown>();
    for (const id of generated) found.set(id, [await store.sha256(id), await store.verify(id)]);
    return found;
  });
  expect(longest).toBeLessThan(100);
  for (const id of generated)
    expect(value.get(id)).toEqual([await here.sha256(id), expect.objectContaining({ id, ok: true })]);
  // What is wrong is told as it is without a process.
  await expect(store.get('fashion-mnist', () => undefined, AbortSignal.abort())).rejects.toThrow(/cancelled/);
});
