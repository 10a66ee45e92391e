import { describe, expect, it } from 'vitest';
import { encodedWidth, fitPipeline, normalQuantile } from '../../../src-main/datasets/tables/pipeline.ts';
import type { Pipeline } from '../../../src-main/datasets/tables/pipeline.ts';
import type { Column, TableRows } from '../../../src-main/datasets/types.ts';

const COLUMNS: readonly Column[] = [
  { name: 'weight', kind: 'number' },
  { name: 'colour', kind: 'category', levels: ['red', 'green', 'blue'], ordered: false },
  { name: 'size', kind: 'category', levels: ['s', 'm', 'l'], ordered: true },
];
/** Training rows: a gap in each column. */
const TRAIN: TableRows = {
  values: [Float64Array.of(2, Number.NaN, 4, 6), Int32Array.of(0, 1, -1, 0), Int32Array.of(0, 2, 2, -1)],
  numbers: null,
};
/** A row of the test set: a larger number, an unseen level, a gap. */
const TEST: TableRows = { values: [Float64Array.of(8), Int32Array.of(-1), Int32Array.of(-1)], numbers: null };
const PLAIN: Pipeline = { categories: 'one-hot', numbers: 'as-is', missing: 'mean' };
const encode = (pipeline: Pipeline, rows: TableRows): number[] => [
  ...fitPipeline(COLUMNS, TRAIN, pipeline).encode(rows),
];

describe('a pipeline', () => {
  it('writes categories as columns of 0 and 1, ranks for ordered ones, the mean of training rows for a gap', () => {
    expect(encodedWidth(COLUMNS, PLAIN)).toBe(5);
    expect(encode(PLAIN, TRAIN)).toEqual([2, 1, 0, 0, 0, 4, 0, 1, 0, 2, 4, 0, 0, 0, 2, 6, 1, 0, 0, Math.fround(4 / 3)]);
    expect(encode(PLAIN, TEST)).toEqual([8, 0, 0, 0, Math.fround(4 / 3)]);
  });

  it('standardises by training rows alone', () => {
    const encoded = encode({ ...PLAIN, numbers: 'standardise' }, TRAIN);
    for (let column = 0; column < 5; column += 1) {
      const values = [0, 1, 2, 3].map((row) => encoded[5 * row + column]);
      // The third level of colour does not occur: a constant column is only centred.
      const isConstant = column === 3;
      expect(values.reduce((sum, value) => sum + value, 0) / 4).toBeCloseTo(0, 6);
      // A gap stands at the mean, and takes nothing from the deviation of the three that are known.
      const squares = values.reduce((sum, value) => sum + value ** 2, 0);
      expect(squares).toBeCloseTo(isConstant ? 0 : column === 0 || column === 4 ? 3 : 4, 5);
    }
    expect(encode({ ...PLAIN, numbers: 'standardise' }, TEST)[0]).toBeCloseTo((8 - 4) / Math.sqrt(8 / 3), 6);
  });

  it('gives ordinal codes, and medians', () => {
    const ordinal: Pipeline = { ...PLAIN, categories: 'ordinal', missing: 'median' };
    expect(encodedWidth(COLUMNS, ordinal)).toBe(3);
    expect(encode(ordinal, TRAIN)).toEqual([2, 0, 0, 4, 1, 2, 4, 0, 2, 6, 0, 2]);
    expect(encode(ordinal, TEST)).toEqual([8, 0, 2]);
  });

  it('gives normal scores of the places among the training rows, whatever their scale', () => {
    const quantile: Pipeline = { ...PLAIN, numbers: 'quantile' };
    const [first, gap, second, third] = [0, 1, 2, 3].map((row) => encode(quantile, TRAIN)[5 * row]);
    expect([first, second, third]).toEqual([1 / 6, 1 / 2, 5 / 6].map((p) => expect.closeTo(normalQuantile(p), 6)));
    expect(second).toBeCloseTo(0, 3);
    expect(gap).toBeCloseTo(second, 6);
    expect(encode(quantile, TEST)[0]).toBeCloseTo(third, 6);
  });
});

it.each([
  [0.5, 0],
  [0.975, 1.959964],
  [0.001, -3.090232],
])('Φ⁻¹(%s) = %s', (p, expected) => expect(Math.abs(normalQuantile(p) - expected)).toBeLessThan(4.5e-4));
