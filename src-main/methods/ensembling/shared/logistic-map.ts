import { solvedPositive } from './linear-models.ts';

const STEPS_AT_MOST = 100;
/** Weight of ½‖w‖² against the sum of losses: rows that can be told apart without error have no endless weights. */
const PENALTY = 1e-9;

/**
 * Logistic regression with few columns and targets between 0 and 1: least Σ −t ln σ(x·w) − (1 − t) ln(1 − σ(x·w)), by
 * Newton's steps, each halved until the sum falls.
 *
 * @param rows the columns of each row; an intercept is a column of ones
 * @param start where it begins
 */
export function fitLogisticMap(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  start: readonly number[],
): readonly number[] {
  const lossAt = (w: Float64Array): number => {
    let loss = w.reduce((sum, weight) => sum + (PENALTY / 2) * weight ** 2, 0);
    for (const [row, columns] of rows.entries()) {
      const z = inner(columns, w);
      loss += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - targets[row] * z;
    }
    return loss;
  };
  let w = Float64Array.from(start);
  let loss = lossAt(w);
  for (let step = 0; step < STEPS_AT_MOST; step += 1) {
    const gradient = w.map((weight) => PENALTY * weight);
    const curvature = start.map((_, i) => Float64Array.from(start, (__, j) => (i === j ? PENALTY : 0)));
    for (const [row, columns] of rows.entries()) {
      const p = sigmoid(inner(columns, w));
      for (const [i, value] of columns.entries()) {
        gradient[i] += (p - targets[row]) * value;
        for (let j = 0; j <= i; j += 1) curvature[i][j] += p * (1 - p) * value * columns[j];
      }
    }
    if (gradient.every((part) => Math.abs(part) <= 1e-10 * rows.length)) break;
    const direction = solvedPositive(curvature, gradient);
    const before = loss;
    for (let rate = 1; rate > 1e-10; rate /= 2) {
      const next = w.map((weight, j) => weight - rate * direction[j]);
      const there = lossAt(next);
      if (there >= before) continue;
      w = next;
      loss = there;
      break;
    }
    if (loss === before) break;
  }
  return [...w];
}

export const sigmoid = (z: number): number => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));

function inner(columns: readonly number[], w: ArrayLike<number>): number {
  let sum = 0;
  for (const [j, value] of columns.entries()) sum += value * w[j];
  return sum;
}
