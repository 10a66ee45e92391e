import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Column, TableRows } from '../../../src-main/base/table.ts';
import { hasLightgbm } from '../../../src-main/engine/native/lightgbm.ts';
import { logistic, ridge } from '../../../src-main/methods/ensembling/shared/linear-models.ts';
import { treeParameters } from '../../../src-main/methods/tables/decision-tree.ts';
import { neighbourMeans } from '../../../src-main/methods/tables/k-nearest-neighbours.ts';
import { classLogits } from '../../../src-main/methods/tables/logistic-regression.ts';
import { forestParameters } from '../../../src-main/methods/tables/random-forest.ts';
import { design } from '../../../src-main/methods/tables/shared/design.ts';
import { shareTrees } from '../../../src-main/methods/tables/shared/lightgbm.ts';
import { areaUnderCurve, logLoss, referenceTable } from '../../fixtures/tables/reference.ts';
import { logSoftmaxRows } from '../../../src-main/methods/shared/softmax.ts';

/** Learners on rows against scikit-learn 1.9.1 and LightGBM's Python package, by the functions that methods call. */

const numbers = z.array(z.number());
const known = z
  .object({
    x: z.array(numbers),
    numbers,
    classes: numbers,
    asked: z.array(numbers),
    ridge: z.tuple([numbers, z.number()]),
    logistic: z.tuple([z.array(numbers), numbers]),
    binary: z.tuple([numbers, z.number()]),
    uniform: z.array(numbers),
    distance: z.array(numbers),
    means: numbers,
    tree: numbers,
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/tables/scikit-learn.json'), 'utf8')));

const features = (rows: readonly (readonly number[])[]) => ({ rows: rows.length, width: 3, values: rows.flat() });
const x = features(known.x);
const asked = features(known.asked);
const close = (got: ArrayLike<number>, expected: readonly number[], digits: number): void => {
  expect(got.length).toBe(expected.length);
  expected.forEach((value, at) => expect(got[at]).toBeCloseTo(value, digits));
};

describe('scikit-learn’s conventions', () => {
  it('ridge: the penalty is not divided by the rows, the intercept is free', () => {
    const [weights] = ridge(x, [known.numbers], 2);
    close(weights ?? [], [...known.ridge[0], known.ridge[1]], 8);
  });

  it('logistic regression of three classes: a row of weights each', () => {
    const model = logistic(x, known.classes, 3, 0.5);
    const centre = model.reduce((sum, row) => sum + (row[3] ?? 0), 0) / 3;
    model.forEach((row, k) => {
      close(row.subarray(0, 3), known.logistic[0][k] ?? [], 4);
      expect((row[3] ?? 0) - centre).toBeCloseTo(known.logistic[1][k] ?? 0, 4);
    });
  });

  it('logistic regression of two classes: the one row of weights is the difference of ours, at half the C', () => {
    const [first, second] = logistic(
      x,
      known.classes.map((own) => (own > 0 ? 1 : 0)),
      2,
      0.25,
    );
    const difference = Array.from(second ?? [], (weight, j) => weight - (first?.[j] ?? 0));
    close(difference, [...known.binary[0], known.binary[1]], 4);
  });

  it('k nearest neighbours: shares, shares by 1/distance, means', () => {
    const of = (label: number) => known.classes.map((own) => (own === label ? 1 : 0));
    const targets = [of(0), of(1), of(2)];
    close(neighbourMeans(x, targets, asked, 5, 'uniform'), known.uniform.flat(), 10);
    close(neighbourMeans(x, targets, asked, 5, 'distance'), known.distance.flat(), 10);
    close(neighbourMeans(x, [known.numbers], asked, 5, 'uniform'), known.means, 10);
  });

  it('a stored row takes all the weight where it is asked about, and the earlier of two equal rows is nearer', () => {
    const stored = { rows: 3, width: 1, values: [0, 0, 1] };
    const at = (value: number) => ({ rows: 1, width: 1, values: [value] });
    close(neighbourMeans(stored, [[1, 0, 0]], at(1), 3, 'distance'), [0], 12);
    close(neighbourMeans(stored, [[1, 0, 0]], at(0.2), 1, 'uniform'), [1], 12);
  });
});

describe('a design', () => {
  const columns: readonly Column[] = [
    { name: 'size', kind: 'number' },
    { name: 'colour', kind: 'category', levels: ['red', 'blue'], ordered: false },
    { name: 'grade', kind: 'category', levels: ['low', 'high'], ordered: true },
  ];
  const rows = (size: number[], colour: number[], grade: number[]): TableRows => ({
    values: [Float64Array.from(size), Int32Array.from(colour), Int32Array.from(grade)],
    numbers: null,
  });

  it('standardises numbers and ranks by the training rows; what is missing is the mean, or no level', () => {
    const made = design(columns, rows([1, 3, Number.NaN], [0, 1, 1], [0, 1, -1]));
    const { values } = made.encode(rows([3, Number.NaN], [1, -1], [-1, 0]));
    expect([...values]).toEqual([1, 0, 1, 0, 0, 0, 0, -1]);
  });

  it('puts two levels at distance 1 where a level is 1/√2', () => {
    const { values } = design(columns, rows([1, 1], [0, 1], [0, 0]), Math.SQRT1_2).encode(rows([1, 1], [0, 1], [0, 0]));
    const distance = Array.from({ length: 4 }, (_, j) => ((values[j] ?? 0) - (values[4 + j] ?? 0)) ** 2);
    expect(distance.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1, 12);
  });
});

it.each(['german.data', 'car.csv'] as const)('logistic regression on %s has scikit-learn’s scores', (file) => {
  const table = referenceTable(file);
  for (const at of [0, 1]) {
    const { train, test } = table.fold(at);
    const answer = classLogits({ columns: table.columns, train }, table.classes, 1);
    const logs = Float32Array.from(logSoftmaxRows(answer(test.rows), table.classes));
    expect(logLoss(logs, test.classes, table.classes)).toBeCloseTo(table.known.logistic.logloss[at] ?? 0, 4);
    expect(areaUnderCurve(logs, test.classes, table.classes)).toBeCloseTo(table.known.logistic.auc[at] ?? 0, 4);
  }
});

describe.skipIf(!hasLightgbm())('trees of shares by LightGBM', () => {
  it('one tree is scikit-learn’s regression tree', () => {
    const table = (rows: readonly (readonly number[])[], told: readonly number[] | null): TableRows => ({
      values: [0, 1, 2].map((column) => Float64Array.from(rows, (row) => row[column] ?? 0)),
      numbers: told === null ? null : Float64Array.from(told),
    });
    const columns = ['a', 'b', 'c'].map((name): Column => ({ name, kind: 'number' }));
    const train = { count: x.rows, rows: table(known.x, known.numbers), classes: new Int32Array(x.rows) };
    const tree = shareTrees({ columns, train, classes: null }, treeParameters(x.rows, 5));
    tree.update();
    close(tree.answer(table([...known.x, ...known.asked], null)).values, known.tree, 6);
  });

  it.each(['german.data', 'car.csv'] as const)('a forest on %s is that of LightGBM’s Python package', (file) => {
    const { known, columns, classes, fold } = referenceTable(file);
    const { train, test } = fold(0);
    const size = { rows: train.count, columns: columns.length };
    const parameters = forestParameters(size, { leafRows: 1, rowShare: 0.632 });
    const forest = shareTrees({ columns, train, classes }, { ...parameters, seed: 0 });
    for (let i = 0; i < 500; i += 1) forest.update();
    const { values } = forest.answer(test.rows);
    // The reference's forests are within .01 of scikit-learn's area over its ten folds, and 4 % of its log-loss.
    expect(areaUnderCurve(values, test.classes, classes)).toBeCloseTo(known.forest.auc[0] ?? 0, 6);
    expect(logLoss(values, test.classes, classes)).toBeCloseTo(known.forest.logloss[0] ?? 0, 5);
  });
});
