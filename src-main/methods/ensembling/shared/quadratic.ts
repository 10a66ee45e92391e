import type { Features, LinearModel } from './linear-models.ts';

/** What a least-squares fit with bounds or penalties needs of its rows: half of ‖y − Xw‖² is ½wᵀGw − sᵀw + constant. */
export interface Quadratic {
  /** XᵀX. */
  readonly gram: readonly Float64Array[];
  /** Xᵀy. */
  readonly side: Float64Array;
}

export function quadraticOf({ rows, width, values }: Features, target: ArrayLike<number>): Quadratic {
  const gram = Array.from({ length: width }, () => new Float64Array(width));
  const side = new Float64Array(width);
  for (let row = 0; row < rows; row += 1) {
    const at = row * width;
    for (let i = 0; i < width; i += 1) {
      for (let j = 0; j <= i; j += 1) gram[i][j] += values[at + i] * values[at + j];
      side[i] += values[at + i] * target[row];
    }
  }
  for (let i = 0; i < width; i += 1) for (let j = 0; j < i; j += 1) gram[j][i] = gram[i][j];
  return { gram, side };
}

const SWEEPS_AT_MOST = 100_000;
const SMALLEST_STEP = 1e-13;

export interface Penalties {
  readonly l1?: number;
  readonly l2?: number;
  readonly positive?: boolean;
  /** It ends after so many rounds, or where no weight moves by more than `step`. */
  readonly sweeps?: number;
  readonly step?: number;
}

/**
 * Least ½wᵀGw − sᵀw + l1 Σ|w| + ½ l2 Σw² by coordinate descent from 0 on; with `positive` over w ≥ 0. Without penalties
 * and `positive` it is non-negative least squares.
 */
export function coordinateDescent(
  { gram, side }: Quadratic,
  { l1 = 0, l2 = 0, positive = false, sweeps = SWEEPS_AT_MOST, step = SMALLEST_STEP }: Penalties,
): Float64Array {
  const w = new Float64Array(side.length);
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    let largest = 0;
    for (let j = 0; j < w.length; j += 1) {
      const curvature = gram[j][j] + l2;
      if (curvature === 0) continue;
      let pull = side[j] + gram[j][j] * w[j];
      for (let i = 0; i < w.length; i += 1) pull -= gram[j][i] * w[i];
      const shrunk = Math.max(0, pull - l1) - (positive ? 0 : Math.max(0, -pull - l1));
      const next = shrunk / curvature;
      largest = Math.max(largest, Math.abs(next - w[j]));
      w[j] = next;
    }
    if (largest <= step) break;
  }
  return w;
}

/**
 * Least ½wᵀGw − sᵀw over w ≥ 0, Σw = 1: by exchange between pairs of weights, each time the pair that gains most by the
 * slope (as sequential minimal optimisation does), from equal weights on.
 */
export function convexWeights({ gram, side }: Quadratic): Float64Array {
  const size = side.length;
  const w = new Float64Array(size).fill(1 / size);
  const slopes = side.map((value, i) => gram[i].reduce((sum, g) => sum + g / size, 0) - value);
  const scale = gram.reduce((most, row, i) => Math.max(most, row[i]), 1e-300);
  for (let step = 0; step < SWEEPS_AT_MOST; step += 1) {
    let to = 0;
    let from = -1;
    for (let i = 0; i < size; i += 1) {
      if (slopes[i] < slopes[to]) to = i;
      if (w[i] > 0 && (from < 0 || slopes[i] > slopes[from])) from = i;
    }
    if (from < 0 || from === to || slopes[from] - slopes[to] <= 1e-14 * scale) break;
    const curvature = gram[to][to] + gram[from][from] - 2 * gram[to][from];
    const wanted = curvature > 0 ? (slopes[from] - slopes[to]) / curvature : w[from];
    const moved = Math.min(w[from], wanted);
    w[to] += moved;
    w[from] = moved === w[from] ? 0 : w[from] - moved;
    for (let i = 0; i < size; i += 1) slopes[i] += moved * (gram[i][to] - gram[i][from]);
  }
  return w;
}

/**
 * Least ½‖y − Xw − b‖² + l1 Σ|w| + ½ l2 Σw² for every target, the intercept b free: lasso and elastic net, as
 * scikit-learn has them with α·n for the penalties.
 *
 * @param targets [rows] for each output
 */
export function penalised(
  x: Features,
  targets: readonly ArrayLike<number>[],
  penalties: { readonly l1: number; readonly l2: number },
): LinearModel {
  const { rows, width, values } = x;
  const means = new Float64Array(width);
  for (let at = 0; at < rows * width; at += 1) means[at % width] += values[at] / rows;
  const centred = { rows, width, values: Float64Array.from(values, (value, at) => value - means[at % width]) };
  return targets.map((target) => {
    const weights = coordinateDescent(quadraticOf(centred, target), penalties);
    const mean = Array.from(target).reduce((sum, value) => sum + value, 0) / rows;
    return Float64Array.of(...weights, mean - weights.reduce((sum, weight, j) => sum + weight * means[j], 0));
  });
}

/** Least ‖y − Xw‖² over w ≥ 0 for every target, without an intercept. */
export const nonNegative = (x: Features, targets: readonly ArrayLike<number>[]): LinearModel =>
  targets.map((target) => Float64Array.of(...coordinateDescent(quadraticOf(x, target), { positive: true }), 0));
