import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { RESOURCES } from '../../../src-main/datasets/resources.ts';
import type { TableOptionsInput } from '../../../src-main/datasets/store.ts';
import { storeOf } from './tiny.ts';

/** Tables as their publishers have them, each with the target that is known for it. */
interface Published {
  readonly file: string;
  readonly rows: number;
  readonly classes: number | 'numbers';
  readonly options: TableOptionsInput;
}

const SHIPPED: readonly Published[] = [
  { file: 'iris.data', rows: 150, classes: 3, options: {} },
  { file: 'wine.data', rows: 178, classes: 3, options: {} },
  { file: 'wdbc.data', rows: 569, classes: 2, options: { target: '2' } },
  { file: 'german.data', rows: 1000, classes: 2, options: { target: '21' } },
  { file: 'car.csv', rows: 1728, classes: 4, options: {} },
  { file: 'segment.csv', rows: 2310, classes: 7, options: {} },
].map((one) => ({ ...one, file: path.join(RESOURCES, 'datasets', 'tables', one.file) }));

const described = z.record(
  z.string(),
  z.object({
    rows: z.number(),
    header: z.boolean(),
    task: z.enum(['classification', 'regression']),
    target: z.string(),
    columns: z.array(z.string()),
  }),
);

/** More of them where somebody has the folder; the description beside them is not ours. */
function folderOfTables(): readonly Published[] {
  const root = path.join(import.meta.dirname, '..', '..', '..');
  const folder = path.join(process.env['TOUCHSTONE_SHARED'] ?? path.join(root, '..', 'shared'), 'data', 'tabular');
  const wanted = new Map<string, number | 'numbers'>([
    ['adult.data', 2],
    ['titanic.csv', 2],
    ['telco-customer-churn.csv', 2],
    ['wine.data', 3],
    ['wdbc.data', 2],
    ['agaricus-lepiota.data', 2],
    ['letter-recognition.data', 26],
    ['winequality-red.csv', 'numbers'],
  ]);
  if (!existsSync(path.join(folder, 'columns.json'))) return [];
  const all = described.parse(JSON.parse(readFileSync(path.join(folder, 'columns.json'), 'utf8')));
  return Object.entries(all).flatMap(([name, { rows, header, columns, target, task }]) => {
    const classes = wanted.get(name);
    if (classes === undefined || !existsSync(path.join(folder, name))) return [];
    const options: TableOptionsInput = {
      target,
      ...(header ? {} : { names: columns }),
      ...(task === 'regression' ? { task: 'numbers' } : {}),
    };
    return [{ file: path.join(folder, name), rows, classes, options }];
  });
}

const { store } = await storeOf();

it.each([...SHIPPED, ...folderOfTables()])(
  '$file comes in with its target',
  async ({ file, rows, classes, options }) => {
    const id = `t-${path
      .basename(file)
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')}-${Object.keys(options).length}`;
    const { info, preview } = await store.import(id, file, options);
    expect(info.rows.train + info.rows.test).toBe(rows);
    expect(info.classes.length).toBe(classes === 'numbers' ? 0 : classes);
    expect(preview?.questions).toEqual([]);
    const { target, y, train, test } = await store.table(id);
    expect(target.kind).toBe(classes === 'numbers' ? 'numbers' : 'classes');
    expect([y.length, train.length + test.length]).toEqual([rows, rows]);
    await store.remove(id);
  },
);

it('a shipped table that is imported has the values of the shipped one', async () => {
  await store.import('own-iris', path.join(RESOURCES, 'datasets', 'tables', 'iris.data'));
  const { values, columns } = await store.table('own-iris');
  const rows = readFileSync(path.join(RESOURCES, 'datasets', 'tables', 'iris.data'), 'utf8')
    .trim()
    .split('\n');
  expect(columns.map(({ kind }) => kind)).toEqual(['number', 'number', 'number', 'number']);
  for (const [c, column] of values.entries()) expect([...column]).toEqual(rows.map((row) => Number(row.split(',')[c])));
});
