import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { averagingWeights } from '../../../../src-main/methods/ensembling/shared/averaging.ts';
import {
  augmented,
  inverseErrorWeights,
  rootMeanSquare,
  withVariance,
  withoutRedundant,
} from '../../../../src-main/methods/ensembling/shared/regularised-meta.ts';
import { nonNegative, penalised } from '../../../../src-main/methods/ensembling/shared/quadratic.ts';

/** Thirty rows of five models' answers, the last nearly the first; `source` says what computed the answers. */
const known: {
  x: number[][];
  y: number[];
  nnls: number[];
  nnlsNorm: number;
  convex: number[];
  convexSse: number;
  lasso: { w: number[]; intercept: number };
  elasticNet: { w: number[]; intercept: number };
  rmse: number[];
  kept: number[];
  augmented: number[][];
  blend: number[];
  single: number;
} = JSON.parse(readFileSync(join(import.meta.dirname, '../../../fixtures/methods/ensembling/stacking.json'), 'utf8'));

const { x, y } = known;
const width = 5;
const features = { rows: x.length, width, values: Float64Array.from(x.flat()) };
const models = Array.from({ length: width }, (_, j) => x.map((row) => row[j] ?? Number.NaN));
const close = (given: ArrayLike<number>, wanted: readonly number[], digits: number): void =>
  wanted.forEach((value, at) => expect(given[at]).toBeCloseTo(value, digits));
const errorOf = (w: ArrayLike<number>): number =>
  x.reduce((sum, row, i) => sum + ((y[i] ?? 0) - row.reduce((s, v, j) => s + v * (w[j] ?? 0), 0)) ** 2, 0);

describe('level 1 by least squares', () => {
  test('non-negative', () => {
    const [w] = nonNegative(features, [y]);
    close(w ?? [], [...known.nnls, 0], 8);
    close(averagingWeights(models, y, 'non-negative'), known.nnls, 8);
    expect(Math.sqrt(errorOf(known.nnls))).toBeCloseTo(known.nnlsNorm, 8);
  });

  test('convex weights, the best single model, equal weights', () => {
    const w = averagingWeights(models, y, 'convex');
    // The reference's weights are rounded to six digits.
    close(w, known.convex, 5);
    expect(errorOf(w)).toBeLessThanOrEqual(known.convexSse + 1e-9);
    expect(w.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    expect([...averagingWeights(models, y, 'single-best')].indexOf(1)).toBe(known.single);
    close(averagingWeights(models, y, 'equal'), [0.2, 0.2, 0.2, 0.2, 0.2], 12);
  });

  test('lasso and elastic net of standardised columns', () => {
    const n = x.length;
    const mean = models.map((own) => own.reduce((a, b) => a + b, 0) / n);
    const sd = models.map((own, j) => Math.sqrt(own.reduce((s, v) => s + (v - (mean[j] ?? 0)) ** 2, 0) / n));
    const values = features.values.map((v, at) => (v - (mean[at % width] ?? 0)) / (sd[at % width] ?? 1));
    const [lasso] = penalised({ ...features, values }, [y], { l1: 0.1 * n, l2: 0 });
    close(lasso ?? [], [...known.lasso.w, known.lasso.intercept], 4);
    const [net] = penalised({ ...features, values }, [y], { l1: 0.05 * n, l2: 0.05 * n });
    close(net ?? [], [...known.elasticNet.w, known.elasticNet.intercept], 4);
  });
});

describe('regularised meta-learning', () => {
  test('leaves out what a better model tells again, and adds six columns', () => {
    close(
      models.map((own) => rootMeanSquare(own, y)),
      known.rmse,
      10,
    );
    const kept = withoutRedundant(features, y);
    expect(kept).toEqual(known.kept);
    expect(withVariance(features, kept)).toEqual(known.kept);
    expect(withVariance({ rows: 2, width: 1, values: [1, 1.1] }, [0])).toEqual([]);
    const wide = augmented(features, kept);
    close(Array.from(wide.values).slice(0, 3 * wide.width), known.augmented.flat(), 10);
    close(inverseErrorWeights([8.6, 8.5, 8.7]), known.blend, 10);
  });
});
