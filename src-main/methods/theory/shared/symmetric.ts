/** A symmetric matrix [n × n], row-major. */
export interface Eigen {
  /** Descending. */
  readonly values: Float64Array;
  /** Row i is the unit vector of value i. */
  readonly vectors: Float64Array;
}

const SWEEPS = 60;

/** Eigenvalues and vectors of a small symmetric matrix by cyclic Jacobi rotations (Golub & Van Loan, section 8.5). */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const a = matrix.slice();
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) v[i * n + i] = 1;
  const size = Math.hypot(...a);
  for (let sweep = 0; sweep < SWEEPS && offDiagonal(a, n) > 1e-15 * size; sweep += 1)
    for (let p = 0; p < n; p += 1) for (let q = p + 1; q < n; q += 1) rotate(a, v, n, p, q);
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j] - a[i * n + i]);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => vectors.set(v.subarray(from * n, (from + 1) * n), to * n));
  return { values: Float64Array.from(order, (i) => a[i * n + i]), vectors };
}

function offDiagonal(a: Float64Array, n: number): number {
  let sum = 0;
  for (let p = 0; p < n; p += 1) for (let q = 0; q < n; q += 1) if (p !== q) sum += a[p * n + q] ** 2;
  return Math.sqrt(sum);
}

/** Makes a[p][q] zero by a rotation of rows and columns p and q; the rows of v take part. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const between = a[p * n + q];
  if (between === 0) return;
  const ratio = (a[q * n + q] - a[p * n + p]) / (2 * between);
  const tangent = (ratio >= 0 ? 1 : -1) / (Math.abs(ratio) + Math.hypot(ratio, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  const turn = (values: Float64Array, i: number, j: number): void => {
    const [x, y] = [values[i], values[j]];
    values[i] = cosine * x - sine * y;
    values[j] = sine * x + cosine * y;
  };
  for (let k = 0; k < n; k += 1) turn(a, k * n + p, k * n + q);
  for (let k = 0; k < n; k += 1) turn(a, p * n + k, q * n + k);
  for (let k = 0; k < n; k += 1) turn(v, p * n + k, q * n + k);
}

/** The pseudo-inverse of a small symmetric matrix; eigenvalues below `cut` of the largest count as 0. */
export function symmetricPseudoInverse(matrix: Float64Array, n: number, cut = 1e-10): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, n);
  const least = cut * Math.max(...values.map(Math.abs));
  const out = new Float64Array(n * n);
  values.forEach((value, k) => {
    if (Math.abs(value) <= least) return;
    for (let i = 0; i < n; i += 1)
      for (let j = 0; j < n; j += 1) out[i * n + j] += (vectors[k * n + i] * vectors[k * n + j]) / value;
  });
  return out;
}
