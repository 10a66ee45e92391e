import type { MergedTensor } from '../../tensor-merge.ts';

/** How a tensor is seen as a matrix with one row an output unit. */
export interface OutputRows {
  readonly rows: number;
  readonly columns: number;
  /** The matrix [rows × columns], row-major, of an array of this tensor. */
  toRows(array: Float32Array): Float32Array;
  /** And back. */
  fromRows(matrix: ArrayLike<number>): Float32Array;
}

/**
 * A kernel as PyTorch has it: [outputs, inputs], a convolution [outputs, inputs · height · width]. A tensor of one axis
 * is one row.
 */
export function outputRows({ shape, outputAxis }: Pick<MergedTensor, 'shape' | 'outputAxis'>): OutputRows {
  const count = shape.reduce((product, size) => product * size, 1);
  if (shape.length < 2 || outputAxis === 'first') {
    const rows = shape.length < 2 ? 1 : shape[0];
    return {
      rows,
      columns: count / rows,
      toRows: (array) => array.slice(),
      fromRows: (matrix) => new Float32Array(matrix),
    };
  }
  const rows = shape[shape.length - 1];
  const columns = count / rows;
  return {
    rows,
    columns,
    toRows: (array) => turned(array, columns, rows),
    fromRows: (matrix) => turned(matrix, rows, columns),
  };
}

/** The transpose of a matrix [rows × columns]. */
export function turned(matrix: ArrayLike<number>, rows: number, columns: number): Float32Array {
  const out = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) out[column * rows + row] = matrix[row * columns + column];
  return out;
}
