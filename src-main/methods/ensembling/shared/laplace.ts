import { symmetricEigen } from '../../merging/shared/symmetric-eigen.ts';
import { solvePositive } from '../../merging/shared/positive-system.ts';

/**
 * The Laplace approximation over a last layer: logits f = Wφ + b, parameters class by class, weights then bias. The
 * curvature of the cross-entropy, summed over rows, is H = Σ (diag p − ppᵀ) ⊗ φ̃φ̃ᵀ with φ̃ = [φ, 1]; the posterior's
 * precision is H + δI.
 */

export const STRUCTURES = ['full', 'diagonal', 'kronecker'] as const;
export type Structure = (typeof STRUCTURES)[number];

/** Rows of features with a 1 behind each, and the probabilities that the network gives them. */
export interface LastLayerRows {
  readonly rows: number;
  /** Of φ̃. */
  readonly width: number;
  readonly classes: number;
  /** [rows × width]. */
  readonly features: Float64Array;
  /** [rows × classes]. */
  readonly probabilities: Float64Array;
}

export interface Posterior {
  /** ln |H + δI|. */
  readonly logDeterminant: number;
  /** The variance of each logit at these features φ̃. */
  variances(features: Float64Array): Float64Array;
}

/** H in one of three structures, which a prior precision δ makes a posterior. */
export type Curvature = (delta: number) => Posterior;

export function curvature(structure: Structure, rows: LastLayerRows): Curvature {
  return { full, diagonal, kronecker }[structure](rows);
}

/** Σ_i w_i φ̃φ̃ᵀ [width × width]. */
function weightedGram({ rows, width, features }: LastLayerRows, weight: (row: number) => number): Float64Array {
  const gram = new Float64Array(width * width);
  for (let row = 0; row < rows; row += 1) {
    const own = features.subarray(row * width, (row + 1) * width);
    const w = weight(row);
    for (let i = 0; i < width; i += 1) {
      const scaled = w * own[i];
      if (scaled !== 0) for (let j = 0; j <= i; j += 1) gram[i * width + j] += scaled * own[j];
    }
  }
  for (let i = 0; i < width; i += 1) for (let j = 0; j < i; j += 1) gram[j * width + i] = gram[i * width + j];
  return gram;
}

/** (diag p − ppᵀ)[k][l] of a row. */
const between = ({ classes, probabilities }: LastLayerRows, row: number, k: number, l: number): number => {
  const [p, q] = [probabilities[row * classes + k], probabilities[row * classes + l]];
  return k === l ? p * (1 - p) : -p * q;
};

function full(given: LastLayerRows): Curvature {
  const { width, classes } = given;
  const size = width * classes;
  const hessian = new Float64Array(size * size);
  for (let k = 0; k < classes; k += 1)
    for (let l = 0; l <= k; l += 1) {
      const block = weightedGram(given, (row) => between(given, row, k, l));
      for (let i = 0; i < width; i += 1)
        for (let j = 0; j < width; j += 1) {
          hessian[(k * width + i) * size + l * width + j] = block[i * width + j];
          hessian[(l * width + j) * size + k * width + i] = block[i * width + j];
        }
    }
  return (delta) => {
    const factor = hessian.slice();
    for (let i = 0; i < size; i += 1) factor[i * size + i] += delta;
    solvePositive(factor, new Float64Array(0), size);
    let logDeterminant = 0;
    for (let i = 0; i < size; i += 1) logDeterminant += 2 * Math.log(factor[i * size + i]);
    let inverse: Float64Array | null = null;
    return {
      logDeterminant,
      variances(features) {
        inverse ??= inverseOf(hessian, size, delta);
        const found = new Float64Array(classes);
        for (let k = 0; k < classes; k += 1) {
          for (let i = 0; i < width; i += 1) {
            const from = (k * width + i) * size + k * width;
            let sum = 0;
            for (let j = 0; j < width; j += 1) sum += inverse[from + j] * features[j];
            found[k] += features[i] * sum;
          }
        }
        return found;
      },
    };
  };
}

function inverseOf(hessian: Float64Array, size: number, delta: number): Float64Array {
  const matrix = hessian.slice();
  const inverse = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) {
    matrix[i * size + i] += delta;
    inverse[i * size + i] = 1;
  }
  solvePositive(matrix, inverse, size);
  return inverse;
}

function diagonal(given: LastLayerRows): Curvature {
  const { rows, width, classes, features } = given;
  const entries = new Float64Array(width * classes);
  for (let row = 0; row < rows; row += 1)
    for (let k = 0; k < classes; k += 1) {
      const weight = between(given, row, k, k);
      for (let i = 0; i < width; i += 1) entries[k * width + i] += weight * features[row * width + i] ** 2;
    }
  return (delta) => ({
    logDeterminant: entries.reduce((sum, entry) => sum + Math.log(entry + delta), 0),
    variances: (asked) =>
      Float64Array.from({ length: classes }, (_, k) =>
        asked.reduce((sum, feature, i) => sum + feature ** 2 / (entries[k * width + i] + delta), 0),
      ),
  });
}

/**
 * H ≈ B ⊗ A with A = Σ φ̃φ̃ᵀ and B the mean of diag p − ppᵀ; the prior is added to the products of their eigenvalues.
 * The bias is part of φ̃, where the library `laplace` keeps it as a block of its own.
 */
function kronecker(given: LastLayerRows): Curvature {
  const { rows, width, classes } = given;
  const a = symmetricEigen({ rows: width, cols: width, data: weightedGram(given, () => 1) });
  const mean = new Float64Array(classes * classes);
  for (let row = 0; row < rows; row += 1)
    for (let k = 0; k < classes; k += 1)
      for (let l = 0; l < classes; l += 1) mean[k * classes + l] += between(given, row, k, l) / rows;
  const b = symmetricEigen({ rows: classes, cols: classes, data: mean });
  // Rounding may leave eigenvalues of singular matrices a little below 0.
  const [ofA, ofB] = [a.values.map((value) => Math.max(0, value)), b.values.map((value) => Math.max(0, value))];
  return (delta) => {
    let logDeterminant = 0;
    for (const m of ofB) for (const j of ofA) logDeterminant += Math.log(m * j + delta);
    return {
      logDeterminant,
      variances(features) {
        const squares = ofA.map((_, j) => {
          let along = 0;
          for (let i = 0; i < width; i += 1) along += a.vectors.data[j * width + i] * features[i];
          return along ** 2;
        });
        const shares = ofB.map((m) => squares.reduce((sum, square, j) => sum + square / (m * ofA[j] + delta), 0));
        return Float64Array.from({ length: classes }, (_, k) =>
          shares.reduce((sum, share, m) => sum + b.vectors.data[m * classes + k] ** 2 * share, 0),
        );
      },
    };
  };
}

/** ln p(y) − ½ (ln |H + δI| − P ln δ + δ‖θ‖²). */
export function logMarginalLikelihood(
  posterior: Posterior,
  { logLikelihood, parameters, delta }: { logLikelihood: number; parameters: Float64Array; delta: number },
): number {
  const square = parameters.reduce((sum, value) => sum + value ** 2, 0);
  return logLikelihood - (posterior.logDeterminant - parameters.length * Math.log(delta) + delta * square) / 2;
}

const PRIORS = { least: 1e-4, most: 1e4 } as const;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** The prior precision of 10⁻⁴ … 10⁴ with the largest marginal likelihood, by golden section on its logarithm. */
export function bestPrior(ofCurvature: Curvature, parameters: Float64Array): number {
  const value = (at: number): number => {
    const delta = Math.exp(at);
    return logMarginalLikelihood(ofCurvature(delta), { logLikelihood: 0, parameters, delta });
  };
  let [low, high] = [Math.log(PRIORS.least), Math.log(PRIORS.most)];
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [ofLeft, ofRight] = [value(left), value(right)];
  while (high - low > 0.02) {
    if (ofLeft > ofRight) {
      [high, right, ofRight] = [right, left, ofLeft];
      left = high - GOLDEN * (high - low);
      ofLeft = value(left);
    } else {
      [low, left, ofLeft] = [left, right, ofRight];
      right = low + GOLDEN * (high - low);
      ofRight = value(right);
    }
  }
  return Math.exp((low + high) / 2);
}

/** Of 25 prior precisions of 10⁻⁴ … 10⁴, even in their logarithm, that of the least loss; of equal ones the largest. */
export function likeliestPrior(loss: (delta: number) => number): number {
  const grid = Array.from({ length: 25 }, (_, at) => PRIORS.most * (PRIORS.least / PRIORS.most) ** (at / 24));
  const losses = grid.map(loss);
  return grid[losses.indexOf(Math.min(...losses))];
}

/** softmax's input by the probit approximation: f_k / √(1 + π/8 · v_k). */
export const probitScaled = (logits: ArrayLike<number>, variances: Float64Array): Float64Array =>
  variances.map((variance, k) => logits[k] / Math.sqrt(1 + (Math.PI / 8) * variance));
