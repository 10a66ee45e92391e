import type { MergedTensor } from '../../tensor-merge.ts';
import { outputRows } from './output-rows.ts';

/** A matrix in double precision, row-major. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

export const zeros = (rows: number, cols: number): Matrix => ({ rows, cols, data: new Float64Array(rows * cols) });

/** A kernel as [outputs × inputs]; null of a tensor with fewer than two axes. */
export function kernelMatrix(tensor: Pick<MergedTensor, 'shape' | 'outputAxis'>, values: Float32Array): Matrix | null {
  if (tensor.shape.length < 2) return null;
  const { rows, columns, toRows } = outputRows(tensor);
  return { rows, cols: columns, data: new Float64Array(toRows(values)) };
}

/** The entries of such a matrix in the order of the kernel. */
export const kernelValues = (tensor: Pick<MergedTensor, 'shape' | 'outputAxis'>, { data }: Matrix): Float32Array =>
  outputRows(tensor).fromRows(data);

export function transposed({ rows, cols, data }: Matrix): Matrix {
  const turned = zeros(cols, rows);
  for (let r = 0; r < rows; r += 1) for (let c = 0; c < cols; c += 1) turned.data[c * rows + r] = data[r * cols + c];
  return turned;
}

/** A B. Four rows of B at a time, so that each row of the result is read and written a quarter as often. */
export function product(a: Matrix, b: Matrix): Matrix {
  const out = zeros(a.rows, b.cols);
  const n = b.cols;
  for (let r = 0; r < a.rows; r += 1) {
    const row = out.data.subarray(r * n, (r + 1) * n);
    let k = 0;
    for (; k + 4 <= a.cols; k += 4) addFourRows(row, b.data, k * n, a.data, r * a.cols + k);
    for (; k < a.cols; k += 1) addRow(row, b.data, k * n, a.data[r * a.cols + k]);
  }
  return out;
}

function addFourRows(row: Float64Array, from: Float64Array, start: number, factors: Float64Array, at: number): void {
  const n = row.length;
  const f0 = factors[at];
  const f1 = factors[at + 1];
  const f2 = factors[at + 2];
  const f3 = factors[at + 3];
  for (let c = 0; c < n; c += 1) {
    const place = start + c;
    row[c] += f0 * from[place] + f1 * from[place + n] + f2 * from[place + 2 * n] + f3 * from[place + 3 * n];
  }
}

function addRow(row: Float64Array, from: Float64Array, start: number, factor: number): void {
  for (let c = 0; c < row.length; c += 1) row[c] += factor * from[start + c];
}

/** A Aᵀ: all products of two rows. */
export function rowProducts({ rows, cols, data }: Matrix): Matrix {
  const out = zeros(rows, rows);
  for (let i = 0; i < rows; i += 1)
    for (let j = 0; j <= i; j += 1) {
      let sum = 0;
      for (let c = 0; c < cols; c += 1) sum += data[i * cols + c] * data[j * cols + c];
      out.data[i * rows + j] = sum;
      out.data[j * rows + i] = sum;
    }
  return out;
}

/** Σ_i w_i A_i of matrices of one shape; weights are 1 unless told. */
export function sumOf(matrices: readonly Matrix[], weights?: readonly number[]): Matrix {
  const out = zeros(matrices[0].rows, matrices[0].cols);
  matrices.forEach(({ data }, index) => addRow(out.data, data, 0, weights?.[index] ?? 1));
  return out;
}

/** Rows of several matrices below one another. */
export function stacked(matrices: readonly Matrix[]): Matrix {
  const out = zeros(
    matrices.reduce((sum, { rows }) => sum + rows, 0),
    matrices[0].cols,
  );
  let at = 0;
  for (const { data } of matrices) {
    out.data.set(data, at);
    at += data.length;
  }
  return out;
}

/** Row i times factor i. */
export function scaledRows({ rows, cols, data }: Matrix, factors: ArrayLike<number>): Matrix {
  return { rows, cols, data: data.map((value, at) => value * factors[Math.floor(at / cols)]) };
}

/** Σ of all squared entries. */
export function squaredNorm({ data }: Matrix): number {
  let sum = 0;
  for (const value of data) sum += value * value;
  return sum;
}
