import { tf, type Tensor } from '../../../engine/tf.ts';

/**
 * Inside a step: the projector of orthogonal weights modification (Zeng et al. 2019, eq. 3) after one more mean input
 * r [n]: P − k kᵀ / (α + rᵀ k) with k = P r. From P = I this is I − Rᵀ (R Rᵀ + α I)⁻¹ R over all rows of R so far.
 */
export function projectorWithout(projector: Tensor, input: Tensor, alpha: number): Tensor {
  const size = projector.shape[0];
  const column = tf.reshape(input, [size, 1]);
  const k = tf.matMul(projector, column);
  const scale = tf.add(tf.matMul(column, k, true, false), alpha);
  return tf.sub(projector, tf.div(tf.matMul(k, k, false, true), scale));
}
