import { createHash } from 'node:crypto';
import { cp, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../../src-main/datasets/catalogue.ts';
import { canonicalHash } from '../../../src-main/datasets/canonical-hash.ts';
import { RESOURCES } from '../../../src-main/datasets/resources.ts';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import { folderWith, refusalOf } from './tiny.ts';

const catalogue = loadCatalogue(RESOURCES);
const shipped = [...catalogue.values()].filter((entry) => entry.origin === 'shipped');
const store = openDatasetStore({ dataFolder: await folderWith({}) });

describe('the catalogue', () => {
  it('knows every dataset that is promised', () => {
    expect([...catalogue.keys()]).toEqual(
      expect.arrayContaining([
        'mnist',
        'optdigits',
        'iris',
        'wine',
        'wdbc',
        'german-credit',
        'car',
        'segment',
        'fashion-mnist',
        'kmnist',
        'emnist-balanced',
        'emnist-digits',
        'emnist-letters',
        'cifar-10',
        'cifar-100',
        'digits-generated',
        'shapes-generated',
        'mixture-generated',
        'rules-generated',
        'modular-addition-97',
      ]),
    );
    expect(catalogue.get('emnist-balanced')?.classes).toHaveLength(47);
    expect(catalogue.get('cifar-100')?.classes).toHaveLength(100);
  });

  it('gives licence, source, citation and attribution of everything shipped', () => {
    for (const entry of shipped) {
      expect(entry.attribution, entry.id).not.toBe('');
      expect(entry.citation, entry.id).not.toBe('');
      expect(entry.licence, entry.id).toMatch(/^CC BY/);
    }
  });

  it('names every file that a download or a layout refers to', () => {
    for (const entry of catalogue.values()) {
      const names = entry.files.map((file) => file.name);
      const wanted = entry.downloads.flatMap((download) =>
        download.archive === 'none' ? [download.name] : Object.keys(download.members),
      );
      if (entry.downloads.length > 0) expect([...wanted].sort(), entry.id).toEqual([...names].sort());
    }
  });
});

describe.each(shipped.map((entry) => [entry.id, entry] as const))('%s', (id, entry) => {
  it('has its files, under 10 MB each, with the checksums of the manifest', async () => {
    for (const file of entry.files) {
      const path = join(RESOURCES, 'datasets', entry.folder ?? '', file.name);
      const bytes = await readFile(path);
      expect((await stat(path)).size).toBe(file.bytes);
      expect(bytes.length).toBeLessThan(10_000_000);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256);
      if (file.md5 !== null) expect(createHash('md5').update(bytes).digest('hex')).toBe(file.md5);
    }
  });

  it('opens with the rows, shape, labels and canonical hash of the manifest', async () => {
    const data = await store.open(id);
    const size = entry.shape.reduce((a, b) => a * b, 1);
    expect(data.sha256).toBe(entry.sha256);
    expect(canonicalHash(data)).toBe(entry.sha256);
    expect(await store.sha256(id)).toBe(entry.sha256);
    for (const part of ['train', 'test'] as const) {
      expect(data[part].rows).toBe(entry.rows[part]);
      expect(data[part].x.length).toBe(entry.rows[part] * size);
      expect(data[part].y.length).toBe(entry.rows[part]);
      const classes = entry.classes.length === 0 ? [0] : entry.classes.map((_, c) => c);
      expect(new Set(data[part].y)).toEqual(new Set(classes));
      expect(data[part].x.every(Number.isFinite)).toBe(true);
    }
    if (entry.kind === 'image')
      expect([Math.min(...data.test.x.subarray(0, 50_000)), Math.max(...data.test.x.subarray(0, 50_000))]).toEqual([
        0, 1,
      ]);
    else expect(data.columns).toHaveLength(size);
  });
});

describe('shipped data, read independently', () => {
  it('MNIST: the last test image and its label are those in the files', async () => {
    const folder = join(RESOURCES, 'datasets', 'mnist');
    const images = gunzipSync(await readFile(join(folder, 't10k-images-idx3-ubyte.gz')));
    const labels = gunzipSync(await readFile(join(folder, 't10k-labels-idx1-ubyte.gz')));
    const { test } = await store.open('mnist');
    expect([...test.x.subarray(-784)]).toEqual([...images.subarray(-784)].map((value) => Math.fround(value / 255)));
    expect(test.y[9999]).toBe(labels[labels.length - 1]);
    // The well-known beginning of the test set.
    expect([...test.y.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  });

  it('German credit: a row is encoded as the manifest says', async () => {
    const first = 'A11 6 A34 A43 1169 A65 A75 4 A93 A101 4 A121 67 A143 A152 2 A173 1 A192 A201 1'.split(' ');
    const { train, test, columns, classes } = await store.open('german-credit');
    const width = columns?.length ?? 0;
    const rows = [train, test].flatMap(({ rows: n, x, y }) =>
      Array.from({ length: n }, (_, row) => ({ x: x.subarray(row * width, (row + 1) * width), y: y[row] })),
    );
    // Amount 1169 with age 67 occurs once in the file.
    const amount = columns?.indexOf('amount') ?? -1;
    const age = columns?.indexOf('age') ?? -1;
    const [row, ...others] = rows.filter(({ x }) => x[amount] === 1169 && x[age] === 67);
    expect(others).toEqual([]);
    expect(classes[row?.y ?? -1]).toBe('good');
    const ones = columns?.filter((name, c) => name.includes('=') && row?.x[c] === 1).map((name) => name.split('=')[1]);
    expect(ones).toEqual(first.filter((value) => value.startsWith('A')));
  });

  it('Car: ordinal columns are ranks', async () => {
    const { train, test, columns } = await store.open('car');
    expect(columns).toEqual(['buying', 'maint', 'doors', 'persons', 'lug_boot', 'safety']);
    // A full factorial design: every rank of every column occurs equally often.
    const all = [...train.x, ...test.x];
    [4, 4, 4, 3, 3, 3].forEach((levels, c) => {
      const counts = new Map<number, number>();
      for (let i = c; i < all.length; i += 6) counts.set(all[i] ?? -1, (counts.get(all[i] ?? -1) ?? 0) + 1);
      expect([...counts].sort()).toEqual(Array.from({ length: levels }, (_, rank) => [rank, 1728 / levels]));
    });
  });

  it('tables are split by class in the same share', async () => {
    const { train, test } = await store.open('wdbc');
    const share = (y: Int32Array): number => y.filter((label) => label === 1).length / y.length;
    expect(Math.abs(share(train.y) - share(test.y))).toBeLessThan(0.01);
  });
});

it('a shipped file that was changed or is missing is refused', async () => {
  const resources = await folderWith({});
  await cp(join(RESOURCES, 'datasets', 'manifest.json'), join(resources, 'datasets', 'manifest.json'));
  await cp(join(RESOURCES, 'datasets', 'tables'), join(resources, 'datasets', 'tables'), { recursive: true });
  const iris = join(resources, 'datasets', 'tables', 'iris.data');
  await writeFile(iris, (await readFile(iris, 'utf8')).replace('5.1', '9.1'));
  const copy = openDatasetStore({ resources, dataFolder: await folderWith({}) });
  expect(await refusalOf(() => copy.open('iris'))).toMatch(
    /iris\.data: expected SHA-256 596ffd58.*install Touchstone again/,
  );
  expect(await refusalOf(() => copy.open('optdigits'))).toMatch(
    /optdigits\.tra: expected a file of the shipped dataset "optdigits", found ENOENT/,
  );
  expect(await copy.verify('iris')).toMatchObject({ ok: false });
  expect(await copy.verify('wine')).toEqual({
    id: 'wine',
    ok: true,
    message: '1 file is as shipped (SHA-256 in the manifest).',
  });
});

it('an unknown id and a broken manifest are refused', async () => {
  expect(await refusalOf(() => store.open('mnits'))).toMatch(/no dataset called "mnits". Known are: mnist, optdigits/);
  expect(await refusalOf(() => store.open('../mnist'))).toMatch(/no dataset called/);
  const resources = await folderWith({ 'datasets/manifest.json': '{"version": 1, "datasets": [{"id": "x"}]}' });
  expect(await refusalOf(async () => loadCatalogue(resources))).toMatch(/manifest\.json: not a dataset manifest/);
});
