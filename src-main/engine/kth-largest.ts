import { tf, type Tensor } from './tf.ts';

/** Halvings of the interval of a row's values: as many as float32 tells apart. */
export const HALVINGS = 30;

/**
 * The k-th largest of each row [B, n], as [B, 1], differentiable. By halving the interval in which it lies: a recorded
 * step cannot sort.
 */
export function kthLargest(x: Tensor, k: number): Tensor {
  const found = (rows: Tensor): Tensor => {
    let [low, high] = [tf.sub(tf.min(rows, -1, true), 1), tf.max(rows, -1, true)];
    for (let halving = 0; halving < HALVINGS; halving++) {
      const middle = tf.div(tf.add(low, high), 2);
      const isBelow = tf.greaterEqual(tf.sum(tf.cast(tf.greater(rows, middle), 'float32'), -1, true), k);
      [low, high] = [tf.where(isBelow, middle, low), tf.where(isBelow, high, middle)];
    }
    return tf.min(tf.where(tf.greater(rows, low), rows, tf.fill(rows.shape, Infinity)), -1, true);
  };
  return tf.customGrad((...given) => {
    const value = found(x);
    const save = given.at(-1);
    // What the gradient needs of the pass is gone by then unless it is saved.
    if (typeof save === 'function') save([x, value]);
    return {
      value,
      gradFunc: (dy: Tensor, [rows, kth]: Tensor[]) => tf.mul(dy, tf.cast(tf.equal(rows, kth), 'float32')),
    };
  })(x);
}
