import type { Features } from './linear-models.ts';

/**
 * The stages of Regularized Meta-Learning before its linear models: which models are told again by a better one, which
 * columns say nothing, what is told of a row as a whole; and the weights of the blend after them. Columns are the
 * models' answers out of fold, in units in which the target has a standard deviation of 1.
 */

const meanOf = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

const column = ({ rows, width, values }: Features, j: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, row) => values[row * width + j]);

function correlation(a: Float64Array, b: Float64Array): number {
  const [meanA, meanB] = [meanOf(a), meanOf(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let row = 0; row < a.length; row += 1) {
    ab += (a[row] - meanA) * (b[row] - meanB);
    aa += (a[row] - meanA) ** 2;
    bb += (b[row] - meanB) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

export const rootMeanSquare = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.sqrt(meanOf(Array.from(a, (value, row) => (value - b[row]) ** 2)));

/**
 * Models that remain, ascending: from the best RMSE on, one is left out if a better one that was kept correlates with
 * it by at least `correlated` and differs by at most `close` in the mean square.
 */
export function withoutRedundant(
  x: Features,
  target: ArrayLike<number>,
  { correlated = 0.95, close = 0.01 }: { readonly correlated?: number; readonly close?: number } = {},
): readonly number[] {
  const columns = Array.from({ length: x.width }, (_, j) => column(x, j));
  const errors = columns.map((own) => rootMeanSquare(own, target));
  const kept: number[] = [];
  for (const j of [...columns.keys()].sort((a, b) => errors[a] - errors[b] || a - b)) {
    const told = kept.some(
      (better) =>
        correlation(columns[better], columns[j]) >= correlated &&
        rootMeanSquare(columns[better], columns[j]) ** 2 <= close,
    );
    if (!told) kept.push(j);
  }
  return kept.sort((a, b) => a - b);
}

/** Columns, of those given, whose (population) variance is at least `least`. */
export function withVariance(x: Features, columns: readonly number[], least = 0.01): readonly number[] {
  return columns.filter((j) => {
    const own = column(x, j);
    const mean = meanOf(own);
    return meanOf(own.map((value) => (value - mean) ** 2)) >= least;
  });
}

/** The columns, then of each row mean, population standard deviation, median, range, mean · sd and range · sd. */
export function augmented({ rows, width, values }: Features, columns: readonly number[]): Features {
  const wide = columns.length + 6;
  const out = new Float64Array(rows * wide);
  for (let row = 0; row < rows; row += 1) {
    const own = columns.map((j) => values[row * width + j]);
    const sorted = [...own].sort((a, b) => a - b);
    const mean = meanOf(own);
    const deviation = Math.sqrt(meanOf(own.map((value) => (value - mean) ** 2)));
    const half = own.length >> 1;
    const median = own.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    const range = sorted[own.length - 1] - sorted[0];
    out.set([...own, mean, deviation, median, range, mean * deviation, range * deviation], row * wide);
  }
  return { rows, width: wide, values: out };
}

/** Weights ∝ 1/RMSE, their sum 1. */
export function inverseErrorWeights(errors: readonly number[]): readonly number[] {
  const sum = errors.reduce((total, error) => total + 1 / error, 0);
  return errors.map((error) => 1 / error / sum);
}
