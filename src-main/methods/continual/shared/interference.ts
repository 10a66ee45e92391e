import { tf, type Tensor, type Tensor1D, type Tensor2D } from '../../../engine/tf.ts';
import type { Tensors } from '../../../engine/types.ts';

/** Inside a step: the parameters after a plain step of this length against the gradient. */
export const stepped = (parameters: Tensors, gradients: Tensors, rate: number): Tensors =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, tf.sub(value, tf.mul(gradients[name], rate))]),
  );

/**
 * Inside a step: where the `count` largest of values [n] are, the largest first, as a selection [count, n] with one
 * 1 in each row; of equals the first. Made of comparisons of all pairs, since a recorded step cannot sort.
 */
export function largest(values: Tensor, count: number): Tensor2D {
  const [row, column] = [tf.expandDims(values, 0), tf.expandDims(values, 1)];
  const places = tf.range(0, values.shape[0], 1, 'int32');
  const isEarlier = tf.less(tf.expandDims(places, 0), tf.expandDims(places, 1));
  // before[i, j]: j comes before i in the order
  const before = tf.logicalOr(tf.greater(row, column), tf.logicalAnd(tf.equal(row, column), isEarlier));
  const rank = tf.sum(tf.cast(before, 'int32'), 1);
  const wanted = tf.range(0, count, 1, 'int32');
  return tf.cast(tf.equal(tf.expandDims(rank, 0), tf.expandDims(wanted, 1)), 'int32').as2D(count, values.shape[0]);
}

/** Inside a step: the selected of values [n]. */
export const selected = (selection: Tensor2D, values: Tensor): Tensor1D =>
  tf.sum(tf.mul(tf.cast(selection, values.dtype), tf.expandDims(values, 0)), 1).as1D();
