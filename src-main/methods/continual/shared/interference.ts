import { tf, type Tensor, type Tensor1D } from '../../../engine/tf.ts';

/**
 * Inside a step: the places of the `count` largest of values [n], the largest first; of equals the first. Made of
 * comparisons of all pairs, since a recorded step cannot sort.
 */
export function largest(values: Tensor, count: number): Tensor1D {
  const [row, column] = [tf.expandDims(values, 0), tf.expandDims(values, 1)];
  const places = tf.range(0, values.shape[0], 1, 'int32');
  const isEarlier = tf.less(tf.expandDims(places, 0), tf.expandDims(places, 1));
  // before[i, j]: j comes before i in the order
  const before = tf.logicalOr(tf.greater(row, column), tf.logicalAnd(tf.equal(row, column), isEarlier));
  const rank = tf.sum(tf.cast(before, 'int32'), 1);
  const isRank = tf.equal(tf.expandDims(rank, 0), tf.expandDims(tf.range(0, count, 1, 'int32'), 1));
  return tf.argMax(tf.cast(isRank, 'int32'), 1).as1D();
}
