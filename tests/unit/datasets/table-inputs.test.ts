import path from 'node:path';
import { expect, it } from 'vitest';
import type { TablePreview } from '../../../src-main/datasets/store.ts';
import { columnLine, previewLines } from '../../../src-main/datasets/tables/preview.ts';
import { refusalOf, storeOf } from './tiny.ts';

/** Row by row what is right for the tables that once failed, here or in other tools. */
const INPUTS = path.join(import.meta.dirname, '..', '..', 'fixtures', 'tables', 'inputs');
const file = (name: string): string => path.join(INPUTS, name);
const { store } = await storeOf();

async function understood(name: string): Promise<{ preview: TablePreview; lines: Map<string, string> }> {
  const preview = await store.preview('it', file(name));
  return { preview, lines: new Map(preview.columns.map((column) => [column.name, columnLine(column)])) };
}

/** Values of a stored column, by its name. */
async function stored(name: string, column: string): Promise<number[]> {
  const id = name.replace(/\W+/g, '-');
  await store.import(id, file(name));
  const table = await store.table(id);
  return [...table.values[table.columns.findIndex((one) => one.name === column)]];
}

it('clean.csv: two numeric columns, three classes', async () => {
  const { preview, lines } = await understood('clean.csv');
  expect([...lines.values()]).toEqual([
    'a: number, -2.9 … 6',
    'b: number, -3.76 … 2.2',
    'class: target, 3 classes (setosa, versicolor, virginica)',
  ]);
  expect(preview).toMatchObject({ rows: { train: 84, test: 36 }, questions: [], encoded: { columns: 2 } });
});

it.each([
  ['n-slash-a.csv', 'N/A'],
  ['null-word.csv', 'null'],
])('%s: the column stays numeric, with one cell missing, and that is said', async (name, word) => {
  const { lines } = await understood(name);
  expect(lines.get('a')).toBe(`a: number, 1 missing (${word}), -2.9 … 6`);
  const clean = await stored('clean.csv', 'a').catch(async () => [...(await store.table('clean-csv')).values[0]]);
  const values = await stored(name, 'a');
  expect(values.filter(Number.isNaN)).toHaveLength(1);
  expect(values.filter((value, i) => value !== clean[i])).toHaveLength(1);
  // Networks get the mean of the training rows there, so that all rows are learned from.
  const data = await store.open(name.replace(/\W+/g, '-'));
  expect(data.train.rows + data.test.rows).toBe(120);
  expect([...data.train.x, ...data.test.x].every(Number.isFinite)).toBe(true);
});

it.each([
  ['decimal-comma-header.csv', 'a', [1.29, 2.07, 2.91], ['setosa', 'versicolor', 'virginica']],
  ['decimal-comma-one-noheader.csv', 'column 1', [10, 11.1, 12.2], ['a', 'b', 'c']],
])('%s: semicolon and decimal comma are recognised and said', async (name, column, first, classes) => {
  const { preview } = await understood(name);
  expect(previewLines(preview)[0]).toMatch(/^separator ";", decimal comma/);
  expect((await stored(name, column)).slice(0, 3)).toEqual(first);
  expect((await store.info(name.replace(/\W+/g, '-'))).classes).toEqual(classes);
});

it('sep-line.csv: the line is obeyed', async () => {
  const { preview } = await understood('sep-line.csv');
  expect(preview).toMatchObject({ separator: ';', header: true, rows: { train: 84, test: 36 } });
  expect(preview.notes).toEqual(['The line "sep=;" is obeyed.']);
});

it('pandas-numeric-header.csv: the header 0,1,2 is no row of data', async () => {
  const { preview } = await understood('pandas-numeric-header.csv');
  expect(preview.header).toBe(true);
  expect(preview.columns.map(({ name, kind, role }) => [name, kind, role])).toEqual([
    ['0', 'number', 'feature'],
    ['1', 'number', 'feature'],
    ['2', 'category', 'target'],
  ]);
  expect(preview.rows.train + preview.rows.test).toBe(90);
});

it('pandas-index.csv: the nameless first column is a row number', async () => {
  const { lines } = await understood('pandas-index.csv');
  expect(lines.get('column 1')).toMatch(/^column 1: ignored, row number/);
  expect(lines.get('a')).toBe('a: number, -2.9 … 6');
});

it('kaggle-id.csv: the running number is left out, with the reason', async () => {
  const { lines } = await understood('kaggle-id.csv');
  expect(lines.get('Id')).toBe(
    'Id: ignored, a running number (a different whole number in every row, rising with the rows; the ' +
      'rows are sorted by class, so it would tell the class alone)',
  );
  expect(lines.get('Species')).toMatch(/^Species: target, 3 classes/);
  // Whoever wants it says so.
  const kept = await store.preview('it', file('kaggle-id.csv'), { numbers: ['Id'] });
  expect(kept.columns[0]).toMatchObject({ role: 'feature', kind: 'number' });
});

it('epoch-ms.csv: six time stamps stay six', async () => {
  expect(new Set(await stored('epoch-ms.csv', 't')).size).toBe(6);
  const { train, test } = await store.open('epoch-ms-csv');
  const encoded = [...train.x, ...test.x].filter((_, i) => i % 2 === 0);
  expect(new Set(encoded).size).toBe(6);
  expect(Math.max(...encoded.map(Math.abs))).toBeLessThan(3);
  const { lines } = await understood('epoch-ms.csv');
  expect(lines.get('t')).toMatch(/standardised before it becomes float32/);
});

it('overflow32.csv: refused by row and column', async () => {
  expect(await refusalOf(() => store.preview('it', file('overflow32.csv')))).toMatch(
    /overflow32\.csv, row 5, column "t": expected a number up to ±3\.4e38.*found 1e300\..*--missing 1e300.*--ignore t/,
  );
  const missing = await store.preview('it', file('overflow32.csv'), { missing: ['1e300'] });
  expect(columnLine(missing.columns[0])).toMatch(/^t: number, 1 missing \(1e300\)/);
});

it('f1-constructor.csv: a column called constructor is one like any other', async () => {
  const { lines } = await understood('f1-constructor.csv');
  expect(lines.get('constructor')).toBe('constructor: category, 4 levels (ferrari, haas, mercedes, williams)');
  expect(lines.get('class')).toBe('class: target, 2 classes (none, podium)');
  expect((await store.import('f1', file('f1-constructor.csv'))).info.shape).toEqual([6]);
});

it('label-space.csv: labels are trimmed, and that is said', async () => {
  const { preview, lines } = await understood('label-space.csv');
  expect(lines.get('class')).toBe('class: target, 3 classes (setosa, versicolor, virginica)');
  expect(preview.notes).toEqual(['Blanks around values are taken off in "class".']);
});

it('ragged-early.csv: refused with the row and what was found there', async () => {
  expect(await refusalOf(() => store.preview('it', file('ragged-early.csv')))).toMatch(
    /ragged-early\.csv, row 22: expected 3 values separated by ",", found 4 \("6,0,x,9"\)/,
  );
});

it('bools.csv: one two-valued column', async () => {
  const { preview, lines } = await understood('bools.csv');
  expect(lines.get('flag')).toBe('flag: category, 2 levels (false < true)');
  expect(preview.encoded.columns).toBe(2);
  expect((await stored('bools.csv', 'flag')).slice(0, 4)).toEqual([0, 1, 0, 1]);
});
