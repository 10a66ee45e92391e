import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../../src-main/datasets/types.ts';
import { foldsOf } from '../../../src-main/engine/random/folds.ts';
import { foldData, heldOutData } from '../../../src-main/suites/shared/chosen-rows.ts';

/** Rows of three unequal classes, whose one input says which row it is. */
function numbered(trainRows: number, testRows: number): Dataset {
  const labels = (from: number, rows: number): Int32Array =>
    Int32Array.from({ length: rows }, (_, i) => [0, 0, 0, 1, 1, 2][(from + i) % 6] ?? 0);
  const part = (from: number, rows: number): Dataset['train'] => ({
    rows,
    x: Float32Array.from({ length: rows }, (_, i) => from + i),
    y: labels(from, rows),
  });
  return {
    id: 'numbered',
    title: 'Numbered',
    shape: [1],
    classes: ['a', 'b', 'c'],
    train: part(0, trainRows),
    test: part(trainRows, testRows),
    sha256: 'a'.repeat(64),
  };
}

const counts = (labels: ArrayLike<number>): number[] =>
  [0, 1, 2].map((label) => Array.from(labels).filter((one) => one === label).length);

describe('folds', () => {
  it('deal out every row of the data set once, each class and all rows evenly, and the same at any time', () => {
    const data = numbered(100, 23);
    const folds = Array.from({ length: 10 }, (_, fold) => foldData(data, { fold, folds: 10 }));
    const tested = folds.flatMap(({ test }) => [...test.x]);
    expect([...tested].sort((a, b) => a - b)).toEqual(Array.from({ length: 123 }, (_, row) => row));
    for (const { train, test } of folds) {
      expect([...train.x, ...test.x].sort((a, b) => a - b)).toHaveLength(123);
      expect([12, 13]).toContain(test.rows);
      // 62, 41 and 20 rows of the classes.
      expect(counts(test.y).map((count, label) => Math.abs(count - [6.2, 4.1, 2][label]) < 1)).toEqual([
        true,
        true,
        true,
      ]);
    }
    expect(foldsOf(data.train.y, 5, 'one')).toEqual(foldsOf(data.train.y, 5, 'one'));
    expect(foldsOf(data.train.y, 5, 'one')).not.toEqual(foldsOf(data.train.y, 5, 'other'));
  });

  it('keep inputs and labels of a row together', () => {
    const data = numbered(60, 0);
    for (const { x, y, rows } of [
      foldData(data, { fold: 1, folds: 5 }).test,
      foldData(data, { fold: 1, folds: 5 }).train,
    ])
      for (let row = 0; row < rows; row += 1) expect(y[row]).toBe(data.train.y[x[row]]);
  });
});

describe('the rows of a development variant', () => {
  it('are a tenth of the training rows of each class in place of the test rows', () => {
    const data = numbered(600, 50);
    const held = heldOutData(data, null);
    expect(counts(held.test.y)).toEqual([30, 20, 10]);
    expect(counts(held.train.y)).toEqual([270, 180, 90]);
    expect([...held.train.x, ...held.test.x].sort((a, b) => a - b)).toEqual([...data.train.x]);
    expect(heldOutData(data, null)).toEqual(held);
  });

  it('hold at least one row of every class, and data with a single row of one are refused', () => {
    expect(counts(heldOutData(numbered(12, 0), null).test.y)).toEqual([1, 1, 1]);
    expect(() => heldOutData(numbered(6, 0), null)).toThrow('A class of numbered has a single training row');
  });

  it('are with folds an inner fold of the training part of the outer one', () => {
    const data = numbered(100, 20);
    const outer = foldData(data, { fold: 3, folds: 10 });
    const inner = heldOutData(outer, { fold: 3, folds: 10 });
    const test = new Set(outer.test.x);
    expect([...inner.train.x, ...inner.test.x].some((row) => test.has(row))).toBe(false);
    expect([...inner.train.x, ...inner.test.x].sort((a, b) => a - b)).toEqual([...outer.train.x].sort((a, b) => a - b));
    expect([10, 11]).toContain(inner.test.rows);
  });
});
