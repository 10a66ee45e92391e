import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Column, TableRows } from '../../../src-main/base/table.ts';
import { tableRows } from '../../../src-main/datasets/tables/rows.ts';
import { hasLightgbm, LIGHTGBM } from '../../../src-main/engine/native/lightgbm.ts';
import lightgbm, { boosted } from '../../../src-main/methods/tables/lightgbm.ts';

/**
 * LightGBM's own scores on ten folds of two tables, as its Python package gave them: the library is called through the
 * very functions that the method calls.
 */
const FIXTURES = join(import.meta.dirname, '../../fixtures/tables');
const TABLES = join(import.meta.dirname, '../../../resources/datasets/tables');
const scores = z.object({ auc: z.array(z.number()), logloss: z.array(z.number()) });
const reference = z
  .object({
    tables: z.record(
      z.string(),
      z.object({ classes: z.array(z.string()), fold: z.string(), codes: scores, native: scores, constant: scores }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(FIXTURES, 'lightgbm-reference.json'), 'utf8'))).tables;

interface Table {
  readonly columns: readonly Column[];
  readonly rows: TableRows;
  readonly classes: Int32Array;
  readonly names: readonly string[];
}

/** A table whose last column is the class; levels and classes in the order of their text, as in the reference. */
function read(file: string, separator: string, skip: number, isCategory: (values: string[]) => boolean): Table {
  const cells = readFileSync(join(TABLES, file), 'utf8')
    .trim()
    .split('\n')
    .slice(skip)
    .map((line) => line.trim().split(separator));
  const width = (cells[0]?.length ?? 0) - 1;
  const texts = Array.from({ length: width + 1 }, (_, at) => cells.map((row) => row[at] ?? ''));
  const levelsOf = (values: readonly string[]): string[] => [...new Set(values)].sort();
  const names = levelsOf(texts[width] ?? []);
  const columns = texts
    .slice(0, width)
    .map((values, at): Column =>
      isCategory(values)
        ? { name: String(at), kind: 'category', levels: levelsOf(values), ordered: false }
        : { name: String(at), kind: 'number' },
    );
  const values = columns.map((column, at) =>
    column.kind === 'number'
      ? Float64Array.from(texts[at] ?? [], Number)
      : Int32Array.from(texts[at] ?? [], (text) => column.levels.indexOf(text)),
  );
  const classes = Int32Array.from(texts[width] ?? [], (text) => names.indexOf(text));
  return { columns, rows: { values, numbers: null }, classes, names };
}

const READ: Readonly<Record<string, () => Table>> = {
  'german.data': () => read('german.data', ' ', 0, (values) => values.some((text) => /[A-Z]/.test(text))),
  // All six columns of car are categories, also "2" doors.
  'car.csv': () => read('car.csv', ',', 1, () => true),
};

/** Mean of −ln p(class). */
function logLoss(logs: Float32Array, classes: Int32Array, width: number): number {
  let sum = 0;
  classes.forEach((label, row) => {
    sum -= logs[row * width + label] ?? 0;
  });
  return sum / classes.length;
}

/** Area under the curve: midranks for ties; of several classes the plain mean of one against the rest. */
function areaUnderCurve(logs: Float32Array, classes: Int32Array, width: number): number {
  const of = (label: number): number => {
    const order = [...classes.keys()].sort((a, b) => (logs[a * width + label] ?? 0) - (logs[b * width + label] ?? 0));
    let [sum, at] = [0, 0];
    while (at < order.length) {
      let end = at;
      const value = logs[(order[at] ?? 0) * width + label];
      while (end < order.length && logs[(order[end] ?? 0) * width + label] === value) end += 1;
      for (let i = at; i < end; i += 1) if (classes[order[i] ?? 0] === label) sum += (at + 1 + end) / 2;
      at = end;
    }
    const positive = classes.filter((one) => one === label).length;
    return (sum - (positive * (positive + 1)) / 2) / (positive * (classes.length - positive));
  };
  const areas = Array.from({ length: width }, (_, label) => label)
    .filter((label) => classes.includes(label))
    .map(of);
  return width === 2 ? of(1) : areas.reduce((sum, area) => sum + area, 0) / areas.length;
}

it('says where it stands and how it is had', () => {
  expect(LIGHTGBM.numerics).toMatch(/^lightgbm-4\.7\.0-([0-9a-f]{12}|none)$/);
  expect(lightgbm.native).toBe(LIGHTGBM);
});

describe.skipIf(!hasLightgbm())('LightGBM', () => {
  const values = { learningRate: 0.1, leaves: 31, leafRows: 20, rowShare: 1, columnShare: 1, lambda: 0 };

  it.each([
    ['german.data', 'codes'],
    ['german.data', 'native'],
    ['car.csv', 'codes'],
    ['car.csv', 'native'],
  ] as const)('on %s, categories as %s, gives the scores of its Python package on every fold', (file, categories) => {
    const known = reference[file];
    const table = READ[file]?.();
    if (known === undefined || table === undefined) throw new Error(`${file} is not in the reference`);
    expect(table.names).toEqual(known.classes);
    for (let fold = 0; fold < 10; fold += 1) {
      const all = Int32Array.from(table.classes.keys());
      const [train, test] = [
        all.filter((row) => known.fold[row] !== String(fold)),
        all.filter((row) => known.fold[row] === String(fold)),
      ];
      const classesOf = (rows: Int32Array): Int32Array => rows.map((row) => table.classes[row] ?? 0);
      const trees = boosted(
        {
          columns: table.columns,
          train: { count: train.length, rows: tableRows(table.rows, train), classes: classesOf(train) },
        },
        table.names.length,
        { ...values, categories },
        0,
      );
      for (let i = 0; i < 100; i += 1) trees.update();
      const { values: logs, width } = trees.answer(tableRows(table.rows, test));
      expect(width).toBe(table.names.length);
      expect(logLoss(logs, classesOf(test), width)).toBeCloseTo(known[categories].logloss[fold] ?? 0, 6);
      expect(areaUnderCurve(logs, classesOf(test), width)).toBeCloseTo(known[categories].auc[fold] ?? 0, 6);
    }
  });
});
