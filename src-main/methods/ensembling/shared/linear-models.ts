/** Linear models fitted on the host in float64: what combines the answers of a library's models. */
import { minimised } from './lbfgs.ts';

/** One row of weights for each output; the intercept stands last. */
export type LinearModel = readonly Float64Array[];

/** Rows of features, [rows × width] row-major. */
export interface Features {
  readonly rows: number;
  readonly width: number;
  readonly values: ArrayLike<number>;
}

/** Σ w·x + intercept for every row and output, [rows × outputs]. */
export function applied(model: LinearModel, { rows, width, values }: Features): Float64Array {
  const out = new Float64Array(rows * model.length);
  for (let row = 0; row < rows; row += 1)
    for (const [k, weights] of model.entries()) {
      let sum = weights[width];
      for (let j = 0; j < width; j += 1) sum += weights[j] * values[row * width + j];
      out[row * model.length + k] = sum;
    }
  return out;
}

/**
 * Ridge regression of several targets on the same features: least ‖y − Xw − b‖² + α‖w‖² for each, the intercept b
 * free. By the normal equations of centred features.
 *
 * @param targets [rows] for each output
 */
export function ridge(x: Features, targets: readonly ArrayLike<number>[], alpha: number): LinearModel {
  const { rows, width, values } = x;
  const means = new Float64Array(width);
  for (let at = 0; at < rows * width; at += 1) means[at % width] += values[at] / rows;
  const gram = Array.from({ length: width }, () => new Float64Array(width));
  const sides = targets.map(() => new Float64Array(width));
  const centred = new Float64Array(width);
  for (let row = 0; row < rows; row += 1) {
    for (let j = 0; j < width; j += 1) centred[j] = values[row * width + j] - means[j];
    for (let i = 0; i < width; i += 1) {
      for (let j = 0; j <= i; j += 1) gram[i][j] += centred[i] * centred[j];
      for (const [k, target] of targets.entries()) sides[k][i] += centred[i] * target[row];
    }
  }
  for (let i = 0; i < width; i += 1) gram[i][i] += alpha;
  factorise(gram);
  return targets.map((target, k) => {
    const weights = solved(gram, sides[k]);
    const mean = Array.from(target).reduce((sum, value) => sum + value, 0) / rows;
    const intercept = mean - weights.reduce((sum, weight, j) => sum + weight * means[j], 0);
    return Float64Array.of(...weights, intercept);
  });
}

/** x with A x = b, A positive definite. */
export function solvedPositive(matrix: readonly ArrayLike<number>[], b: Float64Array): Float64Array {
  const lower = matrix.map((row) => Float64Array.from(row));
  factorise(lower);
  return solved(lower, b);
}

/** Cholesky in place: the lower half of a positive definite matrix becomes L with L Lᵀ = the matrix. */
function factorise(matrix: readonly Float64Array[]): void {
  for (const [i, row] of matrix.entries())
    for (let j = 0; j <= i; j += 1) {
      let sum = row[j];
      for (let k = 0; k < j; k += 1) sum -= row[k] * matrix[j][k];
      if (i === j && !(sum > 0)) throw new RangeError('the features are linearly dependent: use a penalty above 0');
      row[j] = i === j ? Math.sqrt(sum) : sum / matrix[j][j];
    }
}

/** x with L Lᵀ x = b. */
function solved(lower: readonly Float64Array[], b: Float64Array): Float64Array {
  const x = Float64Array.from(b);
  for (const [i, row] of lower.entries()) {
    for (let k = 0; k < i; k += 1) x[i] -= row[k] * x[k];
    x[i] /= row[i];
  }
  for (let i = x.length - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < x.length; k += 1) x[i] -= lower[k][i] * x[k];
    x[i] /= lower[i][i];
  }
  return x;
}

/**
 * Multinomial logistic regression: least ½‖W‖² + C Σ −ln softmax(W x + b)[label], the intercepts b free (they are only
 * determined up to a constant). Convex; by L-BFGS until no part of the gradient is above 1e-6 × rows.
 */
export function logistic(x: Features, labels: ArrayLike<number>, classes: number, c: number): LinearModel {
  const { rows, width } = x;
  const wide = width + 1;
  const modelOf = (w: Float64Array): LinearModel =>
    Array.from({ length: classes }, (_, k) => w.subarray(k * wide, (k + 1) * wide));
  const objective = (w: Float64Array): { readonly value: number; readonly gradient: Float64Array } => {
    const gradient = new Float64Array(w.length);
    let value = 0;
    w.forEach((weight, at) => {
      if (at % wide === width) return;
      value += weight ** 2 / 2;
      gradient[at] = weight;
    });
    const logits = applied(modelOf(w), x);
    for (let row = 0; row < rows; row += 1) {
      const own = logits.subarray(row * classes, (row + 1) * classes);
      const largest = own.reduce((most, logit) => Math.max(most, logit), -Infinity);
      const sum = own.reduce((total, logit) => total + Math.exp(logit - largest), 0);
      value += c * (largest + Math.log(sum) - own[labels[row]]);
      for (let k = 0; k < classes; k += 1) {
        const error = c * (Math.exp(own[k] - largest) / sum - (labels[row] === k ? 1 : 0));
        for (let j = 0; j < width; j += 1) gradient[k * wide + j] += error * x.values[row * width + j];
        gradient[k * wide + width] += error;
      }
    }
    return { value, gradient };
  };
  return modelOf(minimised(objective, classes * wide, 1e-6 * rows));
}
