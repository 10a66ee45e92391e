import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogueOf } from '../../../src-main/datasets/catalogue.ts';
import { catalogueEntry } from '../../../src-main/datasets/entry.ts';
import { canonicalHash } from '../../../src-main/datasets/canonical-hash.ts';
import { GENERATORS, generate, scaled } from '../../../src-main/datasets/generators/index.ts';
import type { Splits } from '../../../src-main/datasets/generators/index.ts';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import { folderWith } from './tiny.ts';

function draw(name: string, train: number, test: number, seed = 0): Splits {
  const drawn = generate(name, 1, { train, test }, seed);
  return drawn.draws === 'pixels'
    ? { train: scaled(drawn.splits.train), test: scaled(drawn.splits.test) }
    : drawn.splits;
}

describe.each([...GENERATORS.keys()])('generator "%s"', (name) => {
  const classes = GENERATORS.get(name)?.entry.classes ?? [];
  const hash = (splits: Splits): string => canonicalHash({ shape: [1], classes, ...splits });

  it('draws the same for the same seed, something else for another', () => {
    expect(hash(draw(name, 60, 20))).toBe(hash(draw(name, 60, 20)));
    expect(hash(draw(name, 60, 20, 1))).not.toBe(hash(draw(name, 60, 20)));
  });

  it('a smaller set is the beginning of a larger one', () => {
    const small = draw(name, 40, 10);
    const large = draw(name, 80, 25);
    for (const part of ['train', 'test'] as const) {
      expect([...large[part].x.subarray(0, small[part].x.length)]).toEqual([...small[part].x]);
      expect([...large[part].y.subarray(0, small[part].rows)]).toEqual([...small[part].y]);
    }
  });

  it('shares no example between training and test and shows every class in fair number', () => {
    // Enough of every class to count.
    const { train, test } = draw(name, Math.max(1000, 28 * classes.length), 200);
    const size = train.x.length / train.rows;
    const key = (x: Float32Array, row: number): string =>
      createHash('sha1')
        .update(Buffer.from(x.slice(row * size, (row + 1) * size).buffer))
        .digest('hex');
    const seen = new Set(Array.from({ length: train.rows }, (_, row) => key(train.x, row)));
    expect(seen.size).toBe(train.rows);
    expect(Array.from({ length: test.rows }, (_, row) => seen.has(key(test.x, row)))).not.toContain(true);
    classes.forEach((_, c) =>
      expect(train.y.filter((label) => label === c).length).toBeGreaterThan((0.4 * train.rows) / classes.length),
    );
    expect(train.x.every(Number.isFinite)).toBe(true);
  });
});

/** Share of test rows whose nearest training row (squared distance) has their class. */
function nearestNeighbourAccuracy({ train, test }: Splits): number {
  const size = train.x.length / train.rows;
  let right = 0;
  for (let i = 0; i < test.rows; i += 1) {
    let best = { distance: Infinity, label: -1 };
    for (let j = 0; j < train.rows; j += 1) {
      let distance = 0;
      for (let d = 0; d < size && distance < best.distance; d += 1)
        distance += (test.x[i * size + d] - train.x[j * size + d]) ** 2;
      if (distance < best.distance) best = { distance, label: train.y[j] };
    }
    if (best.label === test.y[i]) right += 1;
  }
  return right / test.rows;
}

it('digits can be learned but not by looking at the nearest example alone', () => {
  const accuracy = nearestNeighbourAccuracy(draw('digits', 1500, 200));
  expect(accuracy).toBeGreaterThan(0.5);
  expect(accuracy).toBeLessThan(0.97);
});

it('mixture and rules can be learned, and neither is trivial', () => {
  for (const [name, floor] of [
    ['mixture', 0.6],
    ['rules', 0.4],
  ] as const) {
    const accuracy = nearestNeighbourAccuracy(draw(name, 2000, 300));
    expect(accuracy, name).toBeGreaterThan(floor);
    expect(accuracy, name).toBeLessThan(0.97);
  }
});

it('the bytes of version 1 are fixed: a change needs a new version', () => {
  const hashes = Object.fromEntries(
    [...GENERATORS].map(([name, { entry }]) => [
      name,
      canonicalHash({ shape: entry.shape, classes: entry.classes, ...draw(name, 50, 10) }).slice(0, 12),
    ]),
  );
  expect(hashes).toEqual(GOLDEN);
});
const GOLDEN = {
  digits: '025a6a15cfea',
  shapes: '26f2e1ca9d66',
  mixture: '33a9405f7573',
  rules: '62d5643dc85a',
  'modular-addition-97': '5a37cea6caa3',
};

describe('the store', () => {
  it('generates in two seconds of its own, then reads its cache, with one hash throughout', async () => {
    const dataFolder = await folderWith({});
    const store = openDatasetStore({ dataFolder });
    const began = process.threadCpuUsage();
    const drawn = await store.open('digits-generated');
    // Bar: 2 s on a free core; this thread's own time may be four times that where others use the caches and the core's
    // other half.
    const { user, system } = process.threadCpuUsage(began);
    expect((user + system) / 1000).toBeLessThan(8000);
    expect([drawn.train.rows, drawn.test.rows, drawn.shape]).toEqual([10_000, 2_000, [28, 28, 1]]);
    const cached = await openDatasetStore({ dataFolder }).open('digits-generated');
    expect(cached.sha256).toBe(drawn.sha256);
    expect(canonicalHash(cached)).toBe(drawn.sha256);
    expect((await store.info('digits-generated')).sha256).toBe(drawn.sha256);
    expect(await store.sha256('digits-generated')).toBe(drawn.sha256);
    expect(await store.verify('digits-generated')).toMatchObject({ ok: true });
  }, 30_000);

  it('draws anew when the cache is damaged, and without any when the folder cannot be written', async () => {
    const dataFolder = await folderWith({});
    const catalogue = catalogueOf(
      [...GENERATORS.values()].map(({ entry }) => catalogueEntry.parse({ ...entry, rows: { train: 100, test: 20 } })),
    );
    const store = openDatasetStore({ dataFolder, catalogue });
    const { sha256 } = await store.open('shapes-generated');
    const cache = join(dataFolder, 'datasets', '.generated', 'shapes-generated.bin');
    const bytes = await readFile(cache);
    bytes[bytes.length - 9000] ^= 1;
    await writeFile(cache, bytes);
    const again = await store.open('shapes-generated');
    expect([again.sha256, canonicalHash(again)]).toEqual([sha256, sha256]);
    // A file where the folder should be.
    const blocked = openDatasetStore({ dataFolder: join(await folderWith({ blocked: 'x' }), 'blocked'), catalogue });
    expect((await blocked.open('rules-generated')).train.rows).toBe(100);
    expect((await blocked.open('shapes-generated')).sha256).toBe(sha256);
  });
});

it('addition modulo 97 has every pair once, half of them for training, each with its sum', () => {
  const entry = GENERATORS.get('modular-addition-97')?.entry;
  expect(entry).toMatchObject({ rows: { train: 4704, test: 4705 }, shape: [194] });
  expect(entry?.classes).toHaveLength(97);
  const { train, test } = draw('modular-addition-97', 4704, 4705);
  const pairs = [train, test].flatMap(({ x, y }) =>
    [...y].map((label, row) => {
      const ones = [...x.subarray(row * 194, (row + 1) * 194)].flatMap((value, at) => (value === 0 ? [] : [at]));
      const [a = -1, b = -1] = ones;
      expect(ones).toHaveLength(2);
      expect((a + b - 97) % 97).toBe(label);
      return `${a} ${b}`;
    }),
  );
  expect(new Set(pairs).size).toBe(97 * 97);
});
