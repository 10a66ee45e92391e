import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../src-main/engine/streams.ts';
import { stratifiedSplit } from '../../../src-main/datasets/split.ts';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import type { TableImportOptions } from '../../../src-main/datasets/store.ts';
import { folderWith, refusalOf, storeOf } from './tiny.ts';

const PETS =
  'name,kind,weight,size,legs\nrex,dog,20.5,large,4\nfelix,cat,4,small,4\nbello,dog,11,medium,4\nmimi,cat,3.5,small,4\nhasso,dog,30,large,3\ntom,cat,5,medium,4\n';
async function file(text: string | Uint8Array, name = 'pets.csv'): Promise<string> {
  return join(await folderWith({ [name]: text }), name);
}

describe('a preview', () => {
  it('finds header, separator and kinds', async () => {
    const { store } = await storeOf();
    for (const separator of [',', ';', '\t', '|']) {
      const preview = await store.previewTable(await file(PETS.replaceAll(',', separator)), { target: 'kind' });
      expect(preview).toMatchObject({ separator, header: true, rows: 6, target: 'kind' });
      expect(preview.columns.map(({ name, kind }) => [name, kind])).toEqual([
        ['name', 'categorical'],
        ['kind', 'categorical'],
        ['weight', 'numeric'],
        ['size', 'categorical'],
        ['legs', 'numeric'],
      ]);
    }
  });

  it('finds no header where there is none', async () => {
    const { store } = await storeOf();
    const preview = await store.previewTable(await file('5.1,3.5,a\n4.9,3.0,b\n4.7,3.2,a\n'));
    expect(preview).toMatchObject({ header: false, rows: 3, target: 'column 3' });
  });

  it('leaves out row names and constant columns', async () => {
    const { store } = await storeOf();
    const rows = Array.from({ length: 120 }, (_, i) => `person ${i},x,${i % 7},${i % 2 === 0 ? 'yes' : 'no'}`);
    const preview = await store.previewTable(await file(`who,same,n,class\n${rows.join('\n')}\n`));
    expect(preview.columns.map(({ kind }) => kind)).toEqual(['ignore', 'ignore', 'numeric', 'categorical']);
  });
});

describe('importing a table', () => {
  it('encodes numbers as they are, text one-hot, declared orders as ranks', async () => {
    const { store, dataFolder } = await storeOf();
    const info = await store.importTable(await file(PETS, 'My Pets (2).csv'), {
      target: 'kind',
      testShare: 0.34,
      columns: { name: 'ignore', size: { ordinal: ['small', 'medium', 'large'] }, legs: 'categorical' },
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
    const rows = [data.train, data.test].flatMap(({ x, y }) =>
      [...y].map((label, i) => [...x.subarray(4 * i, 4 * i + 4), label].join()),
    );
    expect(rows.sort()).toEqual(
      ['20.5,2,0,1,1', '4,0,0,1,0', '11,1,0,1,1', '3.5,0,0,1,0', '30,2,1,0,1', '5,1,0,1,0'].sort(),
    );
    // Found again by another store on the same folder, and by list().
    const again = openDatasetStore({ dataFolder, catalogue: new Map() });
    expect((await again.list()).map(({ id, sha256 }) => [id, sha256])).toEqual([['my-pets-2', data.sha256]]);
    expect((await again.open('my-pets-2')).sha256).toBe(data.sha256);
    expect((await again.verify('my-pets-2')).ok).toBe(true);
  });

  it('takes test rows from a file of their own', async () => {
    const { store } = await storeOf();
    const info = await store.importTable(await file('a,class\n1,x\n2,y\n3,x\n'), {
      id: 'own',
      testFile: await file('a,class\n4,y\n5,z\n', 'test.csv'),
    });
    expect(info).toMatchObject({ rows: { train: 3, test: 2 }, classes: ['x', 'y', 'z'] });
    expect([...(await store.open('own')).test.y]).toEqual([1, 2]);
  });

  it('needs no more than a new id and the path', async () => {
    const { store } = await storeOf();
    expect(await store.importFolder('my-pets', await file('a,class\n1,x\n2,y\n3,x\n4,y\n'))).toMatchObject({
      id: 'my-pets',
      classes: ['x', 'y'],
      state: 'installed',
    });
    expect(await refusalOf(async () => store.importFolder('other', await folderWith({})))).toMatch(
      /no dataset called "other".*my-pets/,
    );
  });

  it('sorts numeric classes as numbers', async () => {
    const { store } = await storeOf();
    const info = await store.importTable(
      await file(`a,class\n${Array.from({ length: 24 }, (_, i) => `${i * i},${i % 12}`).join('\n')}\n`),
    );
    expect(info.classes).toEqual(Array.from({ length: 12 }, (_, i) => String(i)));
  });

  it('leaves out rows with missing values when asked to', async () => {
    const { store } = await storeOf();
    const path = await file('a,b,class\n1,2,x\n?,3,x\n3,,y\n4,2,y\n5,3,x\n6,2,y\n');
    expect(await refusalOf(() => store.importTable(path))).toMatch(
      /row 3: expected a value for "a", found a missing one.*drop-rows/,
    );
    expect(await store.importTable(path, { missing: 'drop-rows' })).toMatchObject({ rows: { train: 2, test: 2 } });
  });

  it.each<[string, string, TableImportOptions, RegExp]>([
    [
      'a row that is too short',
      'a,b,class\n1,2,x\n1,2,y\n1,x\n2,2,y\n',
      { separator: ',' },
      /row 4: expected 3 values separated by ",", found 2.*truncated/,
    ],
    [
      'no number where one is declared',
      'a,class\n1,x\ntwo,y\n3,x\n4,y\n',
      { columns: { a: 'numeric' } },
      /row 3, column "a": expected a number, found "two"/,
    ],
    [
      'a level that was not declared',
      'a,class\nlow,x\nhigh,y\nmid,x\nlow,y\n',
      { columns: { a: { ordinal: ['low', 'high'] } } },
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
      {},
      /expected 2 … 1000 classes in the target column "class", found 1 different/,
    ],
    [
      'a continuous target',
      `a,class\n${Array.from({ length: 40 }, (_, i) => `${i},${i / 7}`).join('\n')}\n`,
      {},
      /a continuous number.*Choose another target/,
    ],
    ['a class with one row', 'a,class\n1,x\n2,x\n3,y\n', {}, /at least two rows of every class.*1 of class "y"/],
    ['two columns of one name', 'a,a,class\n1,2,x\n1,2,y\n', { header: true }, /"a" twice/],
    ['one column', 'a\nb\nc\n', {}, /cut evenly by a comma/],
    ['an unclosed quote', 'a,class\n1,"x\n2,y\n', { separator: ',' }, /expected quotes in pairs/],
    ['binary content', 'a,class\n1,x\0\n2,y\n', { separator: ',' }, /expected a table as text, found binary data/],
    ['a share of nothing', PETS, { testShare: 0 }, /usable options/],
    ['an id with a path', PETS, { id: '../x' }, /usable options/],
  ])('refuses %s', async (_, text, options, message) => {
    const { store } = await storeOf();
    expect(await refusalOf(async () => store.importTable(await file(text), options))).toMatch(message);
    expect(await store.list()).toEqual([]);
  });

  it('refuses other encodings, missing files and ids in use', async () => {
    const { store } = await storeOf();
    expect(
      await refusalOf(async () =>
        store.importTable(await file(Uint8Array.of(0x61, 0x2c, 0xe4, 0x0a, 0x31, 0x2c, 0x32, 0x0a))),
      ),
    ).toMatch(/expected text in UTF-8/);
    expect(await refusalOf(() => store.importTable('/no/such.csv'))).toMatch(/expected a readable table, found ENOENT/);
    await store.importTable(await file(PETS), { target: 'kind' });
    expect(await refusalOf(async () => store.importTable(await file(PETS), { target: 'kind' }))).toMatch(
      /found "pets", which another dataset has/,
    );
  });
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
