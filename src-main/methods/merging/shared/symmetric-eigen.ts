import type { Matrix } from './matrices.ts';
import { dot } from './sums.ts';

/** Of a symmetric matrix. */
export interface SymmetricEigen {
  /** Descending. */
  readonly values: Float64Array;
  /** Row i is the unit vector of value i. */
  readonly vectors: Matrix;
}

/**
 * Eigenvalues and vectors of a symmetric matrix of some hundred rows: Householder's reduction to a tridiagonal matrix,
 * then QL iterations with shifts on that (Golub & Van Loan, sections 8.3.1 and 8.3.3; EISPACK's tql2). About 10 n³.
 */
export function symmetricEigen({ rows: n, data }: Matrix): SymmetricEigen {
  const { diagonal, beside, basis } = tridiagonal(data.slice(), n);
  iterate(diagonal, beside, basis, n);
  const order = Array.from(diagonal.keys()).sort((i, j) => diagonal[j] - diagonal[i]);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => vectors.set(basis.subarray(from * n, (from + 1) * n), to * n));
  return { values: Float64Array.from(order, (i) => diagonal[i]), vectors: { rows: n, cols: n, data: vectors } };
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Entry i stands between rows i and i + 1; the last is 0. */
  readonly beside: Float64Array;
  /** Qᵀ of A = Q T Qᵀ. */
  readonly basis: Float64Array;
}

/** Reflections that make zeros below the first subdiagonal, column by column; overwrites `a`. */
function tridiagonal(a: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  const basis = new Float64Array(n * n);
  const reflections: { readonly from: number; readonly v: Float64Array; readonly beta: number }[] = [];
  for (let k = 0; k < n - 2; k += 1) {
    const from = k + 1;
    // A row of the symmetric matrix is its column, and lies together.
    const v = a.slice(k * n + from, (k + 1) * n);
    const norm = Math.sqrt(dot(v, v));
    const alpha = v[0] > 0 ? -norm : norm;
    beside[k] = alpha;
    v[0] -= alpha;
    const square = dot(v, v);
    if (square === 0) continue;
    const beta = 2 / square;
    reflections.push({ from, v, beta });
    reflectBothSides(a, n, from, v, beta);
  }
  if (n > 1) beside[n - 2] = a[(n - 2) * n + n - 1];
  for (let i = 0; i < n; i += 1) {
    diagonal[i] = a[i * n + i];
    basis[i * n + i] = 1;
  }
  // Qᵀ = H_last … H_first, made from the last one on so that each touches only what lies below.
  const q = basis.slice();
  const products = new Float64Array(n);
  for (const { from, v, beta } of reflections.toReversed()) {
    products.fill(0);
    for (let i = 0; i < v.length; i += 1) add(products, from, q, (from + i) * n + from, n - from, v[i]);
    for (let i = 0; i < v.length; i += 1) add(q, (from + i) * n + from, products, from, n - from, -beta * v[i]);
  }
  for (let i = 0; i < n; i += 1) for (let j = 0; j < n; j += 1) basis[j * n + i] = q[i * n + j];
  return { diagonal, beside, basis };
}

/** A := H A H with H = I − β v vᵀ on rows and columns from a place on: A − v wᵀ − w vᵀ. */
function reflectBothSides(a: Float64Array, n: number, from: number, v: Float64Array, beta: number): void {
  const m = v.length;
  const w = new Float64Array(m);
  for (let i = 0; i < m; i += 1) {
    const start = (from + i) * n + from;
    let sum = 0;
    for (let j = 0; j < m; j += 1) sum += a[start + j] * v[j];
    w[i] = beta * sum;
  }
  const half = (beta / 2) * dot(v, w);
  for (let i = 0; i < m; i += 1) w[i] -= half * v[i];
  for (let i = 0; i < m; i += 1) {
    const start = (from + i) * n + from;
    const vi = v[i];
    const wi = w[i];
    for (let j = 0; j < m; j += 1) a[start + j] -= vi * w[j] + wi * v[j];
  }
}

function add(to: Float64Array, at: number, from: Float64Array, start: number, count: number, factor: number): void {
  for (let i = 0; i < count; i += 1) to[at + i] += factor * from[start + i];
}

/** QL with implicit shifts on a tridiagonal matrix; rotations are applied to the rows of `basis`. */
function iterate(d: Float64Array, e: Float64Array, basis: Float64Array, n: number): void {
  let shifted = 0;
  let size = 0;
  for (let l = 0; l < n; l += 1) {
    size = Math.max(size, Math.abs(d[l]) + Math.abs(e[l]));
    let m = l;
    while (m < n - 1 && Math.abs(e[m]) > Number.EPSILON * size) m += 1;
    while (m > l && Math.abs(e[l]) > Number.EPSILON * size) shifted += sweep(d, e, basis, n, l, m);
    d[l] += shifted;
    e[l] = 0;
  }
}

/** One sweep over rows l … m; returns the shift that was taken off the diagonal. */
function sweep(d: Float64Array, e: Float64Array, basis: Float64Array, n: number, l: number, m: number): number {
  const before = d[l];
  const ratio = (d[l + 1] - before) / (2 * e[l]);
  const divisor = ratio + (ratio < 0 ? -1 : 1) * Math.sqrt(ratio * ratio + 1);
  d[l] = e[l] / divisor;
  d[l + 1] = e[l] * divisor;
  const [next, below] = [d[l + 1], e[l + 1]];
  const shift = before - d[l];
  for (let i = l + 2; i < n; i += 1) d[i] -= shift;
  let p = d[m];
  let c = 1;
  let c2 = 1;
  let c3 = 1;
  let s = 0;
  let s2 = 0;
  for (let i = m - 1; i >= l; i -= 1) {
    c3 = c2;
    c2 = c;
    s2 = s;
    const g = c * e[i];
    const h = c * p;
    const r = Math.sqrt(p * p + e[i] * e[i]);
    e[i + 1] = s * r;
    s = e[i] / r;
    c = p / r;
    p = c * d[i] - s * g;
    d[i + 1] = h + s * (c * g + s * d[i]);
    rotate(basis, i * n, n, c, s);
  }
  p = (-s * s2 * c3 * below * e[l]) / next;
  e[l] = s * p;
  d[l] = c * p;
  return shift;
}

/** The row that starts at a place and the one after it. */
function rotate(basis: Float64Array, start: number, n: number, c: number, s: number): void {
  for (let k = start; k < start + n; k += 1) {
    const here = basis[k];
    const after = basis[k + n];
    basis[k] = c * here - s * after;
    basis[k + n] = s * here + c * after;
  }
}
