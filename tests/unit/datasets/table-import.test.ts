import { cp, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalHash } from '../../../src-main/datasets/canonical-hash.ts';
import { stratifiedSplit } from '../../../src-main/datasets/split.ts';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import type { TableOptionsInput } from '../../../src-main/datasets/store.ts';
import { columnLine } from '../../../src-main/datasets/tables/preview.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { folderWith, imported, refusalOf, storeOf } from './tiny.ts';
import { PETS, file, preview, previews, rows } from './table-files.ts';

const FIXTURES = path.join(import.meta.dirname, '..', '..', 'fixtures', 'tables');

describe('importing a table', () => {
  it('keeps the columns, and encodes numbers as they are, text one-hot, declared orders as ranks', async () => {
    const { store, dataFolder } = await storeOf();
    const { info } = await store.import('my-pets-2', await file(PETS, 'My Pets (2).csv'), {
      target: 'kind',
      test: { share: 0.34 },
      ignore: ['name'],
      order: [{ column: 'size', levels: ['small', 'medium', 'large'] }],
      categories: ['legs'],
      licence: 'mine',
    });
    expect(info).toMatchObject({
      id: 'my-pets-2',
      title: 'My Pets (2)',
      kind: 'table',
      state: 'installed',
      rows: { train: 4, test: 2 },
      shape: [4],
      classes: ['cat', 'dog'],
      licence: 'mine',
    });
    const data = await store.open('my-pets-2');
    expect(data.columns).toEqual(['weight', 'size', 'legs=3', 'legs=4']);
    const encoded = [data.train, data.test].flatMap(({ x, y }) =>
      [...y].map((label, i) => [...x.subarray(4 * i, 4 * i + 4), label].join()),
    );
    expect(encoded.sort()).toEqual(
      ['20.5,2,0,1,1', '4,0,0,1,0', '11,1,0,1,1', '3.5,0,0,1,0', '30,2,1,0,1', '5,1,0,1,0'].sort(),
    );
    const table = await store.table('my-pets-2');
    expect(table.columns).toEqual([
      { name: 'weight', kind: 'number' },
      { name: 'size', kind: 'category', levels: ['small', 'medium', 'large'], ordered: true },
      { name: 'legs', kind: 'category', levels: ['3', '4'], ordered: false },
    ]);
    expect(table.values.map((values) => [...values])).toEqual([
      [20.5, 4, 11, 3.5, 30, 5],
      [2, 0, 1, 0, 2, 1],
      [1, 1, 1, 1, 0, 1],
    ]);
    // Found again by another store on the same folder, and by list().
    const again = openDatasetStore({ dataFolder, catalogue: new Map() });
    expect((await again.list()).map(({ id, sha256 }) => [id, sha256])).toEqual([['my-pets-2', data.sha256]]);
    expect((await again.open('my-pets-2')).sha256).toBe(data.sha256);
    expect(canonicalHash(data)).toBe(data.sha256);
    expect((await again.verify('my-pets-2')).ok).toBe(true);
  });

  it('takes test rows from a file of their own', async () => {
    const { store } = await storeOf();
    const test = await file('a,class\n4,y\n5,z\n', 'test.csv');
    const { info, preview: said } = await store.import('own', await file('a,class\n1,x\n2,y\n3,x\n'), {
      test: { file: test },
    });
    expect(info).toMatchObject({ rows: { train: 3, test: 2 }, classes: ['x', 'y', 'z'] });
    expect(said?.notes).toEqual(['"class": "z" only in the test file.']);
    expect([...(await store.open('own')).test.y]).toEqual([1, 2]);
    const other = await file('b,class\n4,y\n5,x\n', 'test.csv');
    expect(
      await refusalOf(async () =>
        store.import('two', await file('a,class\n1,x\n2,y\n3,x\n'), { test: { file: other } }),
      ),
    ).toMatch(/test\.csv, header: expected the columns of the training rows \(2: "a" as column 1\), found "b"/);
  });

  it('reads the labels of a test file that puts a dot behind each, and asks where it has both', async () => {
    const train = await file(`a,class\n${rows(12, (i) => `${i},${['<=50K', '>50K'][i % 2]}`)}`);
    const dotted = await file('a,class\n1,<=50K.\n2,>50K.\n', 'test.csv');
    const { store } = await storeOf();
    const { info, preview: said } = await store.import('adult', train, { test: { file: dotted } });
    expect(info.classes).toEqual(['<=50K', '>50K']);
    expect(said?.notes).toEqual([
      '"class": "<=50K." in the test file is read as "<=50K", ">50K." in the test file is read as ">50K".',
    ]);
    expect([...(await store.open('adult')).test.y]).toEqual([0, 1]);
    const both = await file('a,class\n1,<=50K.\n2,>50K\n', 'test.csv');
    expect((await store.preview('it', train, { test: { file: both } })).questions).toMatchObject([{ about: 'labels' }]);
  });

  it('fills what is missing from the training rows alone; unseen levels are all 0', async () => {
    const { store } = await storeOf();
    const test = await file('a,b,class\n?,red,x\n100,blue,y\n', 'test.csv');
    await store.import('gaps', await file('a,b,class\n1,red,x\n?,green,y\n3,,x\n5,red,y\n'), { test: { file: test } });
    const data = await store.open('gaps');
    expect(data.columns).toEqual(['a', 'b=green', 'b=red']);
    expect([...data.train.x]).toEqual([1, 0, 1, 3, 1, 0, 3, 0, 0, 5, 0, 1]);
    expect([...data.test.x]).toEqual([3, 0, 1, 100, 0, 0]);
  });

  it('is removed, and imported again under its id', async () => {
    const { store } = await storeOf();
    const path = await file(PETS);
    const first = await imported(store, 'pets', path, { target: 'kind' });
    expect(await refusalOf(() => store.import('pets', path, { target: 'kind' }))).toMatch(
      /found "pets", which another dataset has.*touchstone data remove pets/,
    );
    await store.remove('pets');
    expect(await store.list()).toEqual([]);
    expect((await imported(store, 'pets', path, { target: 'kind' })).sha256).toBe(first.sha256);
  });

  it.each<[string, string, TableOptionsInput, RegExp]>([
    [
      'a row that is too short',
      `a,b,class\n${rows(9, () => '1,2,x')}\n1,x\n2,2,y\n`,
      {},
      /row 11: expected 3 values separated by ",", found 2 \("1,x"\).*truncated/,
    ],
    [
      'no number where one is declared',
      'a,class\n1,x\ntwo,y\n3,x\n4,y\n',
      { numbers: ['a'] },
      /row 3, column "a": expected a number, found "two".*--missing two/,
    ],
    [
      'a level that was not declared',
      'a,class\nlow,x\nhigh,y\nmid,x\nlow,y\n',
      { order: [{ column: 'a', levels: ['low', 'high'] }] },
      /row 4, column "a": expected a level out of "low", "high", found "mid"/,
    ],
    [
      'an unknown target',
      'a,class\n1,x\n2,y\n',
      { target: 'klass' },
      /expected a column out of "a", "class", found "klass"/,
    ],
    [
      'one class',
      'a,class\n1,x\n2,x\n',
      { target: 'class' },
      /expected 2 … 1,000 classes in the target column "class", found 1 different/,
    ],
    ['a class with one row', 'a,class\n1,x\n2,x\n3,y\n', {}, /Class "y" has one row: a class needs at least two/],
    ['one column', 'a\nb\nc\n', {}, /cut evenly by a comma.*--separator/],
    ['an unclosed quote', 'a,class\n1,"x\n2,y\n', { separator: ',' }, /row 2: expected quotes in pairs/],
    ['binary content', 'a,class\n1,x\0\n2,y\n', {}, /row 2: expected a table as text.*found binary data/],
    ['a share of nothing', PETS, { test: { share: 0 } }, /usable options/],
    ['no features', 'a,class\n1,x\n1,y\n1,x\n1,y\n', {}, /at least one column besides the target.*--numbers/],
    ['Infinity', `a,class\n${rows(30, (i) => `${i === 3 ? 'inf' : i},${'xy'[i % 2]}`)}`, {}, /"inf" in row 5/],
  ])('refuses %s', async (_, text, options, message) => {
    const { store, dataFolder } = await storeOf();
    expect(await refusalOf(async () => store.import('t', await file(text), options))).toMatch(message);
    expect(await store.list()).toEqual([]);
    expect(await readdir(path.join(dataFolder, 'datasets')).catch(() => [])).toEqual([]);
  });

  it(
    'says of a path that it does not exist, is a folder or is no regular file, and of an id that it ' + 'is none',
    async () => {
      const { store } = await storeOf();
      expect(await refusalOf(() => store.import('t', '/no/such.csv'))).toMatch(
        /\/no\/such\.csv: expected a table .*found no file of that name/,
      );
      expect(await refusalOf(async () => store.import('t', await folderWith({})))).toMatch(/found a folder/);
      expect(await refusalOf(() => store.import('../t', '/no/such.csv'))).toMatch(
        /expected an id of lower-case letters/,
      );
    },
  );
});

describe('other formats', () => {
  it('ARFF: names, declared levels in their order, comments and quotes', async () => {
    const arff = `% made up\n@RELATION pets\n@attribute 'their weight' numeric\n@attribute size {small,medium,'very large'}\n@attribute class {dog,cat}\n@data\n% rows\n${rows(
      9,
      (i) => `${i}.5,${["'very large'", 'small', 'medium', '?'][i % 4]},${['cat', 'dog'][i % 2]}`,
    )}\n`;
    const { store } = await storeOf();
    const { preview: said } = await store.import('pets', await file(arff, 'pets.arff'));
    expect(said).toMatchObject({ format: 'arff', rows: { train: 6, test: 3 } });
    expect(said?.columns.map(columnLine)).toEqual([
      'their weight: number, 0.5 … 8.5',
      'size: category, 2 missing (?), 3 levels (small, medium, very large)',
      'class: target, 2 classes (cat, dog)',
    ]);
    expect(await refusalOf(() => preview(arff.replace(/@data[^]*/, '@data\n{0 1.5, 2 cat}\n')))).toMatch(
      /found a sparse row/,
    );
  });

  it.each(['snappy', 'zstd', 'gzip'])(
    'Parquet as DuckDB wrote it (%s): numbers, texts, truth, dates and what is null',
    async (codec) => {
      const { store } = await storeOf();
      const { preview: said } = await store.import('mixed', path.join(FIXTURES, `mixed-${codec}.parquet`), {
        labels: 'keep',
      });
      expect(said?.columns.map(columnLine)).toEqual([
        'id: ignored, a running number (a different whole number in every row, rising with the rows)',
        'a: number, 9 missing (empty), 0.25 … 12.5',
        'b: number, 0 … 1.33333',
        'colour: category, 20 missing (empty), 2 levels (green, red)',
        'flag: category, 2 levels (false < true)',
        'day: ignored, dates, which are no features as they are',
        'ns: number, 0 … 5, counted from 1700000000000000000',
        'class: target, 2 classes (high, low)',
      ]);
      const { values } = await store.table('mixed');
      // DuckDB's own answer: (i · 37 mod 101) / 8, null for every seventh.
      expect([...values[0]].slice(0, 8)).toEqual([Number.NaN, 4.625, 9.25, 1.25, 5.875, 10.5, 2.5, Number.NaN]);
      expect([...values[1]].slice(0, 4).map(Math.fround)).toEqual([0, 1 / 3, 2 / 3, 1].map(Math.fround));
    },
  );

  it('refuses Parquet with lists, and damaged', async () => {
    const nested = path.join(FIXTURES, 'nested.parquet');
    expect(await refusalOf(() => previews.preview('it', nested))).toMatch(
      /column "list": expected one value a row, found a list/,
    );
    const bytes = await readFile(path.join(FIXTURES, 'mixed-snappy.parquet'));
    expect(await refusalOf(() => preview(bytes.subarray(0, 900)))).toMatch(/expected an intact Parquet file/);
  });
});

describe('tables that were imported before', () => {
  // Written by the program of 2026-11-30 (48ed523), with the hashes that it printed.
  it.each([
    ['old-pets', '64a151742391480e24689753e32de4be4945a27f7e9f7172a97de624124695ec'],
    ['old-pets-2', 'eca2f0fd7bf1c5252bc39195d6f2cc2a5e7a45b4db43c6b16c5a35ee4f146d81'],
  ])('%s keeps its arrays and hash', async (id, sha256) => {
    const dataFolder = await folderWith({});
    await cp(path.join(FIXTURES, 'imported'), dataFolder, { recursive: true });
    const store = openDatasetStore({ dataFolder, catalogue: new Map() });
    const data = await store.open(id);
    expect([data.sha256, await store.sha256(id), canonicalHash(data)]).toEqual([sha256, sha256, sha256]);
    expect(await store.verify(id)).toMatchObject({ ok: true });
  });
});

it('a file that was changed is found out, also with the same size and time', async () => {
  const { store, dataFolder } = await storeOf();
  await store.import('pets', await file(PETS), { target: 'kind' });
  const stored = path.join(dataFolder, 'datasets', 'pets', 'columns.bin');
  const [bytes, { atime, mtime }] = [await readFile(stored), await stat(stored)];
  await store.open('pets');
  bytes[bytes.length - 30] ^= 1;
  await writeFile(stored, bytes);
  await utimes(stored, atime, mtime);
  for (const one of [store, openDatasetStore({ dataFolder, catalogue: new Map() })]) {
    expect(await refusalOf(() => one.open('pets'))).toMatch(
      /columns\.bin: expected SHA-256 .*The file was changed since/,
    );
    expect(await refusalOf(() => one.sha256('pets'))).toMatch(/The file was changed since/);
  }
});

it('a stratified split keeps every row once and the share of every class', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 2, max: 40 }), { minLength: 2, maxLength: 5 }),
      fc.double({ min: 0.1, max: 0.9, noNaN: true }),
      fc.nat(1000),
      (counts, share, seed) => {
        const labels = Int32Array.from(counts.flatMap((count, label) => Array.from({ length: count }, () => label)));
        const { train, test } = stratifiedSplit(labels, counts.length, share, stream(seed, 'test'));
        expect([...train, ...test].sort((a, b) => a - b)).toEqual([...labels.keys()]);
        counts.forEach((count, label) => {
          const put = [...test].filter((row) => labels[row] === label).length;
          expect(put).toBeGreaterThanOrEqual(1);
          expect(put).toBeLessThan(count);
          expect(Math.abs(put - count * share)).toBeLessThanOrEqual(1);
        });
        expect(stratifiedSplit(labels, counts.length, share, stream(seed, 'test'))).toEqual({ train, test });
      },
    ),
    { numRuns: 50 },
  );
});
