import { product, rowProducts, transposed } from './matrices.ts';
import type { Matrix } from './matrices.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/** Singular triples of a matrix, the largest first. */
export interface SingularTriples {
  readonly values: Float64Array;
  /** Row i is the left unit vector of value i. */
  readonly left: Matrix;
  /** Row i is its right unit vector. */
  readonly right: Matrix;
}

/**
 * Directions below this share of the largest singular value are what float32 tensors were rounded by: they count as 0
 * and have no vectors here.
 */
const CUT = 1e-6;

/** The leading singular triples, by the eigenvectors of the smaller of A Aᵀ and Aᵀ A. */
export function singularTriples(matrix: Matrix, most = Infinity): SingularTriples {
  const wide = matrix.rows <= matrix.cols;
  const rows = wide ? matrix : transposed(matrix);
  const { values: squares, vectors } = symmetricEigen(rowProducts(rows));
  const least = CUT * Math.sqrt(Math.max(squares[0] ?? 0, 0));
  const count = squares.findIndex((square, index) => index >= most || Math.sqrt(Math.max(square, 0)) <= least);
  const kept = count < 0 ? squares.length : count;
  const near: Matrix = { rows: kept, cols: rows.rows, data: vectors.data.slice(0, kept * rows.rows) };
  const far = product(near, rows);
  const values = new Float64Array(kept);
  for (let i = 0; i < kept; i += 1) {
    const row = far.data.subarray(i * far.cols, (i + 1) * far.cols);
    values[i] = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    for (let c = 0; c < row.length; c += 1) row[c] /= values[i];
  }
  return wide ? { values, left: near, right: far } : { values, left: far, right: near };
}

/** The nearest matrix whose rows (or columns) are orthonormal: U Vᵀ of A = U S Vᵀ. */
export function polarFactor(matrix: Matrix): Matrix {
  return polarOf(singularTriples(matrix));
}

/** The same of what is known by its triples. */
export const polarOf = ({ left, right }: SingularTriples): Matrix => product(transposed(left), right);
