import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import type { TableOptionsInput } from '../../../src-main/datasets/store.ts';
import { columnLine } from '../../../src-main/datasets/tables/preview.ts';
import { imported, refusalOf, storeOf } from './tiny.ts';
import { PETS, file, preview, rows } from './table-files.ts';

const kinds = async (text: string, options: TableOptionsInput = {}) =>
  (await preview(text, options)).columns.map(({ name, kind, role }) => [name, role === 'feature' ? kind : role]);

describe('how a table is written', () => {
  it.each([',', ';', '\t', '|'])('finds the separator %j, the header and kinds', async (separator) => {
    const found = await preview(PETS.replaceAll(',', separator), { target: 'kind' });
    expect(found).toMatchObject({ separator, header: true, rows: { train: 4, test: 2 }, target: 'kind' });
    expect(found.columns.map(({ name, kind }) => [name, kind])).toEqual([
      ['name', 'category'],
      ['kind', 'category'],
      ['weight', 'number'],
      ['size', 'category'],
      ['legs', 'number'],
    ]);
  });

  it.each([
    ['no header above numbers', '5.1,3.5,a\n4.9,3.0,b\n4.7,3.2,a\n5,3,b\n', false, 4],
    ['a header with a year among words', `who,2019,class\n${rows(9, (i) => `${i}.5,${i}.25,${'ab'[i % 2]}`)}`, true, 9],
    ['a first row with a missing number', `?,1.5,a\n${rows(9, (i) => `${i}.5,${i}.25,${'ab'[i % 2]}`)}`, false, 10],
    ['words only, a first row that comes again', rows(9, (i) => `${'pq'[i % 2]},${'rs'[i % 2]}`), false, 9],
  ])('%s', async (_, text, header, count) => {
    const found = await preview(text, {
      target: text.includes('class') ? 'class' : String(text.split('\n')[0].split(',').length),
    });
    expect(found).toMatchObject({ header, questions: [] });
    expect(found.rows.train + found.rows.test).toBe(count);
  });

  it('asks where the first row may be either', async () => {
    const ambiguous = `0,1,2\n${rows(12, (i) => `${i % 3},${i % 4},${i % 2}`)}`;
    expect((await preview(ambiguous, { target: '3' })).questions).toMatchObject([{ about: 'header' }]);
    for (const [header, count] of [
      [true, 12],
      [false, 13],
    ] as const) {
      const answered = await preview(ambiguous, { target: '3', header, test: { share: 0.5 } });
      expect(answered.rows.train + answered.rows.test).toBe(count);
    }
    const mixed = `n.d.,1.45,a\n${rows(9, (i) => `${i}.5,${i}.25,${'ab'[i % 2]}`)}`;
    expect((await preview(mixed, { missing: ['?'], target: '3' })).questions).toMatchObject([{ about: 'header' }]);
  });

  it('asks where a comma may be of thousands or of decimals, and where both signs occur', async () => {
    const either = `a;class\n${rows(9, (i) => `${i + 1},${100 + i};${'xy'[i % 2]}`)}`;
    expect((await preview(either)).questions).toMatchObject([
      {
        about: 'decimal',
        message: '"1,100" may be 1.100 or 1100: which sign is the decimal one?',
      },
    ]);
    expect((await preview(either, { decimal: ',' })).columns[0].range).toEqual({ minimum: 1.1, maximum: 9.108 });
    expect((await preview(either, { decimal: '.' })).columns[0]).toMatchObject({
      range: { minimum: 1100, maximum: 9108 },
      notes: ['separators of thousands taken off'],
    });
    const both = `a;b;class\n${rows(9, (i) => `${i},5;${i}.25;${'xy'[i % 2]}`)}`;
    expect((await preview(both)).questions).toMatchObject([{ about: 'decimal' }]);
  });

  it('reads padded columns, comments, byte order marks, other line ends and encodings', async () => {
    const padded = rows(8, (i) => `  ${i}.5   ${10 * i}    ${'ab'[i % 2]}`);
    expect(await preview(padded, { target: '3' })).toMatchObject({ separator: 'blanks', rows: { train: 6, test: 2 } });
    const plain = `a,b,class\n${rows(8, (i) => `${i}.5,${10 * i},${'xy'[i % 2]}`)}\n`;
    const expected = (await imported((await storeOf()).store, 't', await file(plain))).sha256;
    for (const [what, bytes] of Object.entries({
      comments: `# made by\n% somebody\n${plain}`,
      mark: `\ufeff${plain}`,
      mac: plain.replaceAll('\n', '\r'),
      mixed: plain.replace('\n', '\r\n'),
      blank: plain.replace('\n', '\n\n,,\n'),
      packed: gzipSync(plain),
      'utf-16': Buffer.from(`\ufeff${plain}`, 'utf16le'),
    }))
      expect((await imported((await storeOf()).store, 't', await file(bytes))).sha256, what).toBe(expected);
    const latin = Buffer.from(plain.replaceAll('x', 'ä'), 'latin1');
    expect(await refusalOf(() => preview(latin))).toMatch(/expected text in UTF-8.*--encoding windows-1252/);
    expect((await preview(latin, { encoding: 'windows-1252' })).columns[2].levels?.first).toEqual(['y', 'ä']);
  });

  it('names the row of the file, also below quoted line ends and blank lines', async () => {
    const text = 'a,class\n\n1,"x\ny"\n2,z\n3,z,4\n4,z\n5,z\n6,z\n7,z\n8,z\n9,z\n';
    expect(await refusalOf(() => preview(text))).toMatch(/pets\.csv, row 6: expected 2 values.*found 3 \("3,z,4"\)/);
  });
});

describe('what a column is', () => {
  it('never drops numbers for a word; a single one is no value, several are asked about', async () => {
    const text = (odd: (i: number) => string | null) =>
      `a,class\n${rows(60, (i) => `${odd(i) ?? `${i}.5`},${'xy'[i % 2]}`)}`;
    expect((await preview(text((i) => (i === 7 ? 'kaputt' : null)))).columns[0]).toMatchObject({
      kind: 'number',
      missing: 1,
      missingWords: ['kaputt'],
    });
    const asked = await preview(text((i) => (i === 7 ? 'abc' : i === 9 ? 'x7' : null)));
    expect(asked.questions).toMatchObject([{ about: 'column', column: 'a' }]);
    expect(asked.questions[0].message).toMatch(/"a" has numbers and words: "abc" in row 9 and 1 others/);
    expect(asked.questions[0].say).toBe('`--missing abc`, `--categories a`, `--ignore a`');
    const answered = await preview(
      text((i) => (i === 7 ? 'abc' : i === 9 ? 'x7' : null)),
      { missing: ['abc', 'x7'] },
    );
    expect(answered).toMatchObject({ questions: [], columns: [{ kind: 'number', missing: 2 }, {}] });
    expect(answered.notes).toEqual([]);
    expect((await preview(PETS, { target: 'kind', missing: ['nowhere'] })).notes).toEqual([
      '"nowhere" is nowhere in the table.',
    ]);
  });

  it('takes named numbers for "no value"', async () => {
    const found = await preview(`a,class\n${rows(30, (i) => `${i % 5 === 0 ? -999 : i},${'xy'[i % 2]}`)}`, {
      missing: ['-999'],
    });
    expect(columnLine(found.columns[0])).toBe('a: number, 6 missing (-999), 1 … 29');
  });

  it('reads thousands and per cent, keeps levels such as "3+" and "none"', async () => {
    const text = `p,n,more,base,class\n${rows(24, (i) => `${(i * 7) % 12}%,"${((i * 5) % 8) + 1},000",${['0', '1', '2', '3+'][i % 4]},${['none', 'stone'][i % 2]},${'xy'[i % 2]}`)}`;
    const found = await preview(text);
    expect(found.columns.map(columnLine)).toEqual([
      'p: number, 0 … 11, per cent signs taken off',
      'n: number, 1000 … 8000, separators of thousands taken off',
      'more: category, 4 levels (0, 1, 2, 3+)',
      'base: category, 2 levels (none, stone)',
      'class: target, 2 classes (x, y)',
    ]);
  });

  it('leaves out row names, constant columns, dates and identifiers, and says why', async () => {
    const text = `who,same,n,day,customerId,class\n${rows(120, (i) => 'person ' + `${i},x,${i % 7},2026-01-${1 + (i % 28)},${(i * 7919) % 5003},${i % 3 === 0 ? 'yes' : 'no'}`)}`;
    expect((await preview(text)).columns.map(columnLine)).toEqual([
      'who: ignored, a different text in almost every row (120 in 120)',
      'same: ignored, the same value in every row',
      'n: number, 0 … 6',
      'day: ignored, dates, which are no features as they are',
      'customerId: ignored, an identifier by its name (a different whole number in every row)',
      'class: target, 2 classes (no, yes)',
    ]);
    expect(await kinds(text, { ignore: ['n'], categories: ['day'] })).toEqual([
      ['who', 'ignored'],
      ['same', 'ignored'],
      ['n', 'ignored'],
      ['day', 'category'],
      ['customerId', 'ignored'],
      ['class', 'target'],
    ]);
  });

  it('is not asked by names that objects have of themselves', async () => {
    const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'class'];
    const text = `${names.join(',')}\n${rows(30, (i) => `${i % 4},__proto__${i % 2},constructor,${['toString', 'valueOf'][i % 2]},${['constructor', '__proto__'][i % 2]}`)}`;
    expect((await preview(text)).columns.map(columnLine)).toEqual([
      'constructor: number, 0 … 3',
      '__proto__: category, 2 levels (__proto__0, __proto__1)',
      'toString: ignored, the same value in every row',
      'hasOwnProperty: category, 2 levels (toString, valueOf)',
      'class: target, 2 classes (__proto__, constructor)',
    ]);
    const { store } = await storeOf();
    const info = await imported(store, 'odd', await file(text), {
      order: [{ column: '__proto__', levels: ['__proto__0', '__proto__1'] }],
    });
    expect(info).toMatchObject({ shape: [4], classes: ['__proto__', 'constructor'] });
  });

  it('keeps whole numbers apart that float64 does not', async () => {
    const text = `ns,b,class\n${rows(24, (i) => `17000000000000000${i % 6 < 3 ? '0' : '1'}${i % 3},${i}.5,${'xy'[i % 2]}`)}`;
    const { store } = await storeOf();
    await store.import('ns', await file(text));
    const { train, test } = await store.open('ns');
    expect(new Set([...train.x, ...test.x].filter((_, i) => i % 2 === 0)).size).toBe(6);
  });
});

describe('the target', () => {
  it('is asked about where several columns could be it, and is never a coordinate by its name', async () => {
    const titanic = `id,survived,sex,town\n${rows(30, (i) => `${i},${i % 2},${['m', 'f'][i % 2]},${['S', 'C', 'Q'][i % 3]}`)}`;
    const found = await preview(titanic);
    expect(found.target).toBeNull();
    expect(found.questions).toMatchObject([{ about: 'target' }]);
    expect(found.questions[0].message).toMatch(/"survived", "sex", "town" could be classes/);
    const { store } = await storeOf();
    expect(await refusalOf(async () => store.import('t', await file(titanic)))).toMatch(/Which column is the target\?/);
    expect(await store.list()).toEqual([]);
    const points = `x,y,colour\n${rows(40, (i) => `${i}.25,${i}.5,${['red', 'blue'][i % 2]}`)}`;
    expect((await preview(points)).questions[0].message).toMatch(/"y" has 40 different numbers: is it the target/);
  });

  it.each([
    ['case', ['Setosa', 'setosa'], /"Setosa" \(row 2\) and "setosa" \(row 3\) differ only by case/],
    ['blanks', ['a  b', 'a b'], /differ only by blanks/],
    [
      'invisible characters',
      ['a', 'a\u200b'],
      /"a" \(row 2\) and "a\\u200b" \(row 3\) differ only by invisible characters/,
    ],
    ['how the number is written', ['1', '1.0'], /differ only by how the number is written/],
  ])('asks about labels that differ by %s', async (_, [one, two], message) => {
    const text = `a,class\n${rows(24, (i) => `${i}.5,${[one, two, 'other'][i % 3]}`)}`;
    const asked = await preview(text);
    expect(asked.questions).toMatchObject([{ about: 'labels', column: 'class' }]);
    expect(asked.questions[0].message).toMatch(message);
    expect((await preview(text, { labels: 'merge' })).columns[1].levels?.count).toBe(2);
    expect((await preview(text, { labels: 'keep' })).columns[1].levels?.count).toBe(3);
  });

  it('keeps numbers as numbers', async () => {
    const { store, dataFolder } = await storeOf();
    const text = `a,price\n${rows(40, (i) => `${i % 9},${i / 7}`)}`;
    expect(await refusalOf(async () => store.import('homes', await file(text), { target: 'price' }))).toMatch(
      /2 … 1,000 classes in the target column "price", found 40 different values, a continuous number.*--task numbers/,
    );
    const { info, preview: said } = await store.import('homes', await file(text), { target: 'price', task: 'numbers' });
    expect(info).toMatchObject({ classes: [], rows: { train: 28, test: 12 }, shape: [1] });
    expect(columnLine(said?.columns[1] ?? expect.fail())).toBe('price: target, numbers, 0 … 5.57143');
    const table = await openDatasetStore({ dataFolder, catalogue: new Map() }).table('homes');
    expect(table).toMatchObject({
      target: { kind: 'numbers', names: ['price'] },
      columns: [{ name: 'a', kind: 'number' }],
    });
    expect([...table.y]).toEqual(Array.from({ length: 40 }, (_, i) => i / 7));
    expect([...table.train, ...table.test].sort((a, b) => a - b)).toEqual([...Array(40).keys()]);
    const data = await store.open('homes');
    expect(data.table).toMatchObject({ target: { kind: 'numbers', names: ['price'] } });
    expect([...(data.test.table?.numbers ?? [])]).toEqual([...table.test].map((row) => row / 7));
    expect([...(data.test.table?.values[0] ?? [])]).toEqual([...table.test].map((row) => row % 9));
    expect(await store.verify('homes')).toMatchObject({ ok: true });
  });

  it('refuses numbers that networks cannot hold', async () => {
    const { store } = await storeOf();
    const text = `a,price\n${rows(40, (i) => `${i % 9},${i === 7 ? '1e308' : i / 7}`)}`;
    expect(
      await refusalOf(async () => store.import('homes', await file(text), { target: 'price', task: 'numbers' })),
    ).toMatch(/row 9, column "price".*±3\.4e38.*1e308/s);
  });

  it('is named by its place as well', async () => {
    expect(await preview(PETS, { target: '2' })).toMatchObject({ target: 'kind' });
    expect(await preview(PETS, { target: 'column 2' })).toMatchObject({ target: 'kind' });
    expect(await preview('5.1,a\n4.9,b\n4.7,a\n4.6,b\n', { names: ['width', 'kind'], target: 'kind' })).toMatchObject({
      target: 'kind',
      rows: { train: 2, test: 2 },
    });
  });

  it('refuses rows without it, or leaves them out and says so', async () => {
    const text = `a,class\n${rows(20, (i) => `${i % 7},${i === 4 ? '' : 'xy'[i % 2]}`)}`;
    const { store } = await storeOf();
    expect(await refusalOf(async () => store.import('t', await file(text)))).toMatch(
      /row 6, column "class".*1 row without \(empty\).*--drop-unlabelled/,
    );
    const { info, preview: said } = await store.import('t', await file(text), { unlabelled: 'leave-out' });
    expect(info.rows.train + info.rows.test).toBe(19);
    expect(said?.notes).toEqual(['1 row without a target left out.']);
  });
});
