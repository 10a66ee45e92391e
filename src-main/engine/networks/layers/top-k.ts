import { z } from 'zod';
import { tf, type Tensor } from '../../tf.ts';
import { checkRank, product, withoutTensors } from './layer.ts';
import type { LayerKind } from './layer.ts';

/** Halvings of the interval of a row's values: as many as float32 tells apart. */
const HALVINGS = 30;

export interface TopKSpec {
  readonly kind: 'top-k';
  /** Which of the units of an example, counted from the largest, is the first that passes nothing. */
  readonly k: number;
  /** What passes is at most this; anything unless told. */
  readonly most?: number;
}

/** Units beyond the k-th largest of an example pass what they have more than it: min(relu(z − z_(k)), most). */
export const topK: LayerKind<TopKSpec> = {
  ...withoutTensors,
  kind: 'top-k',
  schema: z.strictObject({ kind: z.literal('top-k'), k: z.int().min(1), most: z.number().positive().optional() }),
  shape({ k }, input) {
    checkRank(input, 1, 'A layer of the largest units');
    if (k > input[0]) throw new RangeError(`The ${k}-th largest of ${input[0]} units was asked for.`);
    return input;
  },
  apply({ k, most }, x) {
    const more = tf.sub(x, kthLargest(x, k));
    return most === undefined ? tf.relu(more) : tf.clipByValue(more, 0, most);
  },
  flops: (_spec, input) => (2 + 2 * HALVINGS) * product(input),
};

/**
 * The k-th largest of each row [B, n], as [B, 1], differentiable. By halving the interval in which it lies: a recorded
 * step cannot sort.
 */
function kthLargest(x: Tensor, k: number): Tensor {
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
