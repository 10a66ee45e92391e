import { solvedPositive } from './linear-models.ts';
import type { Features } from './linear-models.ts';
import { coordinateDescent, quadraticOf } from './quadratic.ts';
import type { Quadratic } from './quadratic.ts';
import { inverseErrorWeights } from './regularised-meta.ts';

/** Stage 3 and 4 of Regularized Meta-Learning: ridge, lasso and elastic net by cross-validation, and their blend. */

const grid = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => 10 ** (from + ((to - from) * i) / (count - 1)));

/** One linear model on standardised columns, by its penalty. */
type Solve = (quadratic: Quadratic, rows: number) => Float64Array;

const RIDGES: readonly Solve[] = grid(-3, 5, 50).map(
  (alpha) =>
    ({ gram, side }) =>
      solvedPositive(
        gram.map((row, i) => row.map((value, j) => (i === j ? value + alpha : value))),
        side,
      ),
);
// As scikit-learn stops: 1,000 rounds, or no step above 1e-4.
const net =
  (alpha: number, ratio: number): Solve =>
  (quadratic, rows) =>
    coordinateDescent(quadratic, {
      l1: alpha * ratio * rows,
      l2: alpha * (1 - ratio) * rows,
      sweeps: 1000,
      step: 1e-4,
    });
const ALPHAS = grid(-5, 1, 30);
const LASSOS: readonly Solve[] = ALPHAS.map((alpha) => net(alpha, 1));
const NETS: readonly Solve[] = [0.1, 0.5, 0.7, 0.9, 0.95, 0.99, 1].flatMap((ratio) =>
  ALPHAS.map((alpha) => net(alpha, ratio)),
);
const FAMILIES = [RIDGES, LASSOS, NETS];

/** A blend of linear models: weights of the columns as they are, and an intercept. */
export interface Blend {
  readonly weights: Float64Array;
  readonly intercept: number;
  /** RMSE out of fold of ridge, lasso and elastic net, and what each weighs in the blend. */
  readonly errors: readonly number[];
  readonly shares: readonly number[];
}

/**
 * Ridge, lasso and elastic net on columns that are standardised by their own rows, each with the penalty of the least
 * error over three inner folds; blended by 1/RMSE over ten outer folds; then fitted again to all rows. Row i is in fold
 * i mod folds.
 */
export function fitMetaBlend(x: Features, target: ArrayLike<number>, outer = 10, inner = 3): Blend {
  const all = Array.from({ length: x.rows }, (_, row) => row);
  const squares = FAMILIES.map(() => 0);
  for (let fold = 0; fold < outer; fold += 1) {
    const [used, held] = split(all, fold, outer);
    if (held.length === 0 || used.length < 2) continue;
    const models = chosen(x, target, used, inner);
    for (const [family, model] of models.entries()) squares[family] += squaredError(model, x, target, held);
  }
  const errors = squares.map((sum) => Math.sqrt(sum / x.rows));
  const shares = inverseErrorWeights(errors.map((error) => Math.max(error, 1e-12)));
  const models = chosen(x, target, all, inner);
  const weights = new Float64Array(x.width);
  let intercept = 0;
  for (const [family, model] of models.entries()) {
    for (let j = 0; j < x.width; j += 1) weights[j] += shares[family] * model.weights[j];
    intercept += shares[family] * model.intercept;
  }
  return { weights, intercept, errors, shares };
}

interface Line {
  readonly weights: Float64Array;
  readonly intercept: number;
}

/** The best of each family by inner folds of these rows, fitted to all of them. */
function chosen(x: Features, target: ArrayLike<number>, rows: readonly number[], inner: number): readonly Line[] {
  const sums = FAMILIES.map((family) => new Float64Array(family.length));
  for (let fold = 0; fold < inner; fold += 1) {
    const [used, held] = split(rows, fold, inner);
    if (held.length === 0 || used.length < 2) continue;
    const fit = prepared(x, target, used);
    for (const [at, family] of FAMILIES.entries())
      for (const [i, solve] of family.entries()) sums[at][i] += squaredError(fit(solve), x, target, held);
  }
  const fit = prepared(x, target, rows);
  return FAMILIES.map((family, at) => fit(family[sums[at].indexOf(Math.min(...sums[at]))]));
}

/** Fits any penalty to these rows, with their products worked out once. */
function prepared(x: Features, target: ArrayLike<number>, rows: readonly number[]): (solve: Solve) => Line {
  const means = new Float64Array(x.width);
  const sds = new Float64Array(x.width);
  let mean = 0;
  for (const row of rows) {
    mean += target[row] / rows.length;
    for (let j = 0; j < x.width; j += 1) means[j] += x.values[row * x.width + j] / rows.length;
  }
  for (const row of rows)
    for (let j = 0; j < x.width; j += 1) sds[j] += (x.values[row * x.width + j] - means[j]) ** 2 / rows.length;
  for (let j = 0; j < x.width; j += 1) sds[j] = sds[j] > 0 ? Math.sqrt(sds[j]) : 1;
  const values = Float64Array.from({ length: rows.length * x.width }, (_, at) => {
    const j = at % x.width;
    return (x.values[rows[Math.floor(at / x.width)] * x.width + j] - means[j]) / sds[j];
  });
  const centred = Float64Array.from(rows, (row) => target[row] - mean);
  const quadratic = quadraticOf({ rows: rows.length, width: x.width, values }, centred);
  return (solve) => {
    const weights = solve(quadratic, rows.length).map((weight, j) => weight / sds[j]);
    return { weights, intercept: mean - weights.reduce((sum, weight, j) => sum + weight * means[j], 0) };
  };
}

function squaredError(
  { weights, intercept }: Line,
  x: Features,
  target: ArrayLike<number>,
  rows: readonly number[],
): number {
  let sum = 0;
  for (const row of rows) {
    let told = intercept;
    for (let j = 0; j < x.width; j += 1) told += weights[j] * x.values[row * x.width + j];
    sum += (told - target[row]) ** 2;
  }
  return sum;
}

const split = (rows: readonly number[], fold: number, folds: number): [number[], number[]] => [
  rows.filter((_, at) => at % folds !== fold),
  rows.filter((_, at) => at % folds === fold),
];
