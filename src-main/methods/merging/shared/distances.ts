import type { DenseLayer } from './dense-chain.ts';

/**
 * Euclidean distance (not squared) of every column of one matrix to every column of another.
 *
 * @param a [rows × width of a] and b [rows × width of b], row-major.
 * @returns [width of a × width of b], row-major.
 */
export function columnDistances(a: ArrayLike<number>, b: ArrayLike<number>, rows: number): Float64Array {
  const [widthA, widthB] = [a.length / rows, b.length / rows];
  const squares = new Float64Array(widthA * widthB);
  for (let row = 0; row < rows; row += 1) {
    for (let i = 0; i < widthA; i += 1) {
      const value = a[row * widthA + i];
      for (let j = 0; j < widthB; j += 1) {
        const difference = value - b[row * widthB + j];
        squares[i * widthB + j] += difference * difference;
      }
    }
  }
  return squares.map(Math.sqrt);
}

/** Incoming weights of every unit of two layers with the same inputs; a bias counts as the weight of a constant 1. */
export function incomingDistances(a: DenseLayer, b: DenseLayer): Float64Array {
  const withBias = ({ kernel, bias }: DenseLayer): Float32Array =>
    bias === null ? kernel : Float32Array.of(...kernel, ...bias);
  return columnDistances(withBias(a), withBias(b), a.inputs + (a.bias === null ? 0 : 1));
}
