import { tf, type Tensor } from '../../../engine/tf.ts';

/** Inside a step: minus the squared distance of each row of features [B, F] to each prototype [C, F]. */
export function nearness(features: Tensor, prototypes: Tensor): Tensor {
  const square = (rows: Tensor, isKept: boolean): Tensor => tf.sum(tf.square(rows), 1, isKept);
  const products = tf.matMul(
    features.as2D(-1, prototypes.shape[1] ?? 0),
    prototypes.as2D(prototypes.shape[0], -1),
    false,
    true,
  );
  return tf.sub(tf.mul(products, 2), tf.add(square(features, true), square(prototypes, false)));
}
