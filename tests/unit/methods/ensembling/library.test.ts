import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { selectGreedily, type SelectionLoss } from '../../../../src-main/methods/ensembling/greedy-selection.ts';
import { applied, logistic, ridge } from '../../../../src-main/methods/ensembling/shared/linear-models.ts';
import { stackedFeatures } from '../../../../src-main/methods/ensembling/stacking.ts';

interface Fitted {
  readonly x: number[][];
  readonly y: number[];
  readonly weights: number[];
  readonly intercept: number;
}
interface Path {
  readonly order: number[];
  readonly trajectory: number[];
}
/** Numbers computed without this program: numpy in float64, scikit-learn 1.9.1. */
const known: {
  greedy: { probabilities: number[][][]; labels: number[]; nll: Path; error: Path; single: number[] };
  ridge: Fitted;
  ridge2: Fitted;
  logistic: { x: number[][]; labels: number[]; coefficients: number[][]; intercepts: number[] };
} = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../fixtures/methods/ensembling/known-answers.json'), 'utf8'),
);
const features = (x: readonly (readonly number[])[]) => ({
  rows: x.length,
  width: x[0]?.length ?? 0,
  values: Float64Array.from(x.flat()),
});

describe('greedy ensemble selection', () => {
  const { probabilities, labels, nll, error, single } = known.greedy;
  const given = probabilities.map((rows) => Float64Array.from(rows.flat()));
  const errorRate: SelectionLoss = (mean, of, classes) =>
    of.filter((label, row) => {
      const own = mean.subarray(row * classes, (row + 1) * classes);
      return own.indexOf(Math.max(...own)) !== label;
    }).length / of.length;

  test('takes the known path, with replacement, of likelihood and of error with its ties', () => {
    const byNll = selectGreedily(given, Int32Array.from(labels), 3, { size: 10 });
    expect(byNll.order).toEqual(nll.order);
    byNll.trajectory.forEach((value, i) => expect(value).toBeCloseTo(nll.trajectory[i] ?? Number.NaN, 10));
    const byError = selectGreedily(given, Int32Array.from(labels), 3, { size: 10, loss: errorRate });
    expect(byError.order).toEqual(error.order);
    byError.trajectory.forEach((value, i) => expect(value).toBeCloseTo(error.trajectory[i] ?? Number.NaN, 12));
  });

  test('begins with the best single models, and chooses within a bag only', () => {
    const ranked = single.map((_, i) => i).sort((a, b) => (single[a] ?? 0) - (single[b] ?? 0));
    const { order } = selectGreedily(given, Int32Array.from(labels), 3, { size: 6, initial: 3 });
    expect(order.slice(0, 3)).toEqual(ranked.slice(0, 3));
    const bag = selectGreedily(given, Int32Array.from(labels), 3, { size: 8, among: [0, 3] });
    expect(new Set(bag.order)).toEqual(new Set([0, 3]));
  });
});

describe('linear models of level 1', () => {
  test.each([
    ['alpha 1', known.ridge, 1],
    ['alpha 2', known.ridge2, 2],
  ])('ridge regression with a free intercept, %s', (_, { x, y, weights, intercept }, alpha) => {
    const [model] = ridge(features(x), [y], alpha);
    [...weights, intercept].forEach((value, j) => expect(model?.[j]).toBeCloseTo(value, 8));
  });

  test('multinomial logistic regression, C .5', () => {
    const { x, labels, coefficients, intercepts } = known.logistic;
    const model = logistic(features(x), labels, 3, 0.5);
    const width = x[0]?.length ?? 0;
    const centre = model.reduce((sum, weights) => sum + (weights[width] ?? 0), 0) / 3;
    model.forEach((weights, k) => {
      coefficients[k]?.forEach((value, j) => expect(weights[j]).toBeCloseTo(value, 4));
      expect((weights[width] ?? 0) - centre).toBeCloseTo(intercepts[k] ?? Number.NaN, 4);
    });
  });

  test('see the answers of all models side by side, and answer each row and class', () => {
    const logs = [
      [0.9, 0.1, 0.2, 0.8],
      [0.6, 0.4, 0.5, 0.5],
    ].map((values) => values.map(Math.log));
    const { rows, width, values } = stackedFeatures(logs, 2, 'ridge');
    expect([rows, width]).toEqual([2, 4]);
    [0.9, 0.1, 0.6, 0.4, 0.2, 0.8, 0.5, 0.5].forEach((value, at) => expect(values[at]).toBeCloseTo(value, 12));
    const model = [Float64Array.of(1, 0, 1, 0, 2), Float64Array.of(0, 1, 0, 1, -1)];
    [...applied(model, { rows, width, values })].forEach((value, at) =>
      expect(value).toBeCloseTo([3.5, -0.5, 2.7, 0.3][at] ?? Number.NaN, 12),
    );
  });
});
