import { tf, type Scalar, type Tensor } from '../../../engine/tf.ts';
import { unit } from './cosine-head.ts';

/** [A, B]: 1 where the labels int32 [A] and [B] are the same. */
export const sameClass = (one: Tensor, other: Tensor): Tensor =>
  tf.cast(tf.equal(tf.expandDims(one, 1), tf.expandDims(other, 0)), 'float32');

/**
 * Inside a step: the supervised contrastive loss of Khosla et al. 2020 (eq. 2, L_out) of features [B, F], which are
 * brought to unit length: the mean over anchors of minus the mean log-probability of the examples of the same class
 * among all others. Examples with a 0 in `present` [B] take no part; an anchor alone of its class counts with 0.
 */
export function supervisedContrast(
  features: Tensor,
  labels: Tensor,
  temperature: number,
  present: Tensor = tf.onesLike(tf.cast(labels, 'float32')),
): Scalar {
  const rows = unit(features, 1).as2D(features.shape[0], features.shape[1] ?? 0);
  const others = tf.mul(tf.sub(1, tf.eye(features.shape[0])), tf.expandDims(present, 0));
  const similarity = tf.div(tf.matMul(rows, rows, false, true), temperature);
  // At most 1/T, so that exponentials stay finite.
  const powers = tf.mul(tf.exp(tf.sub(similarity, 1 / temperature)), others);
  const logProbability = tf.sub(tf.sub(similarity, 1 / temperature), tf.log(tf.add(tf.sum(powers, 1, true), 1e-30)));
  const positives = tf.mul(sameClass(labels, labels), others);
  const each = tf.div(tf.sum(tf.mul(positives, logProbability), 1), tf.maximum(tf.sum(positives, 1), 1));
  return tf.neg(tf.div(tf.sum(tf.mul(each, present)), tf.sum(present))).asScalar();
}
