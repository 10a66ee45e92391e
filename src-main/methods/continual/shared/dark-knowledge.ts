import { tf, type Scalar, type Tensor } from '../../../engine/tf.ts';

/** How far logits have moved from the stored ones: mean over examples of the squared norm (the paper), or mean over all entries (Mammoth). */
export function logitDistance(logits: Tensor, stored: Tensor, reduction: 'examples' | 'entries'): Scalar {
  const squared = tf.square(tf.sub(logits, stored));
  return reduction === 'entries' ? tf.mean(squared).asScalar() : tf.mean(tf.sum(squared, -1)).asScalar();
}
