import { tf, type Tensor } from '../../../engine/tf.ts';

/** Inside a step: rows of unit length, where a row is along `axis`. */
export const unit = (rows: Tensor, axis: number): Tensor =>
  tf.div(rows, tf.sqrt(tf.add(tf.sum(tf.square(rows), axis, true), 1e-12)));

/** Inside a step: cosines [B, C] between features [B, F] and the columns of a kernel [F, C]. */
export const cosines = (features: Tensor, kernel: Tensor): Tensor =>
  tf.matMul(unit(features, 1).as2D(-1, kernel.shape[0]), unit(kernel, 0).as2D(kernel.shape[0], -1));

/**
 * Weights of new classes as Hou et al. 2019 begin with them: the mean of a class's unit features, as long as the old
 * classes' weights are in the mean. kernel [F × C], row-major; answers the changed kernel.
 */
export function imprinted(
  kernel: ArrayLike<number>,
  outputs: number,
  old: readonly number[],
  means: ReadonlyMap<number, ArrayLike<number>>,
): Float32Array {
  const next = Float32Array.from(kernel);
  const length = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
  const column = (output: number): number[] =>
    Array.from({ length: kernel.length / outputs }, (_, row) => kernel[row * outputs + output]);
  const wanted = old.reduce((sum, output) => sum + length(column(output)), 0) / old.length;
  for (const [output, mean] of means) {
    const own = Array.from(mean);
    const scale = wanted / Math.max(length(own), 1e-12);
    own.forEach((value, row) => (next[row * outputs + output] = value * scale));
  }
  return next;
}
