import { tf, type Scalar, type Tensor } from '../../../engine/tf.ts';

/**
 * How far logits have moved from the stored ones: mean over examples of the squared norm (the paper), or mean over all
 * entries (Mammoth).
 */
export function logitDistance(logits: Tensor, stored: Tensor, reduction: 'examples' | 'entries'): Scalar {
  const squared = tf.square(tf.sub(logits, stored));
  return reduction === 'entries' ? tf.mean(squared).asScalar() : tf.mean(tf.sum(squared, -1)).asScalar();
}

/**
 * The loss on the batch plus the weighted losses on what was drawn from memory (Buzzega et al. 2020, eqs. 6 and 7).
 * `on` is 0 while nothing is stored and 1 from then on.
 */
export function withReplay(
  fresh: Tensor,
  replayed: readonly (readonly [loss: Tensor, weight: number])[],
  on: Tensor,
): Scalar {
  const sum = replayed.map(([loss, weight]) => tf.mul(loss, weight)).reduce((total, term) => tf.add(total, term));
  return tf.add(fresh, tf.mul(sum, on)).asScalar();
}
