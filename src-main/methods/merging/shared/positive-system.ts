/**
 * Solves G X = B for a symmetric positive definite G by its Cholesky factor, in double precision.
 *
 * @param g n × n, row-major; overwritten with the factor.
 * @param b n × columns, row-major; overwritten with X.
 * @throws RangeError when G is not positive definite (a Gram matrix of too few rows, without a ridge).
 */
export function solvePositive(g: Float64Array, b: Float64Array, n: number): void {
  const columns = b.length / n;
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = g[i * n + j];
      for (let k = 0; k < j; k += 1) sum -= g[i * n + k] * g[j * n + k];
      if (i !== j) g[i * n + j] = sum / g[j * n + j];
      else if (sum > 0) g[i * n + i] = Math.sqrt(sum);
      else
        throw new RangeError(
          `The sum of the Gram matrices is singular at row ${i}: an input is 0 everywhere or a combination of others. ` +
            'Use a ridge > 0.',
        );
    }
  }
  // L y = b, then Lᵀ x = y, all columns at once.
  for (let i = 0; i < n; i += 1) {
    for (let k = 0; k < i; k += 1) subtract(b, i, k, g[i * n + k], columns);
    scale(b, i, 1 / g[i * n + i], columns);
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < n; k += 1) subtract(b, i, k, g[k * n + i], columns);
    scale(b, i, 1 / g[i * n + i], columns);
  }
}

/** Row i −= factor · row k. */
function subtract(b: Float64Array, i: number, k: number, factor: number, columns: number): void {
  if (factor === 0) return;
  for (let c = 0; c < columns; c += 1) b[i * columns + c] -= factor * b[k * columns + c];
}

function scale(b: Float64Array, i: number, factor: number, columns: number): void {
  for (let c = 0; c < columns; c += 1) b[i * columns + c] *= factor;
}
