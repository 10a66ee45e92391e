import { tf, type Tensor } from '../../../engine/tf.ts';

/**
 * w ← w − g · (θ_after − θ_before), with g the gradient of the task loss alone (Zenke et al. 2017, eq. 3, discretised).
 */
export function advancedPath(path: Tensor, gradient: Tensor, before: Tensor, after: Tensor): Tensor {
  return tf.sub(path, tf.mul(gradient, tf.sub(after, before)));
}

/** Ω ← Ω + w / ((θ − θ_start)² + ξ) (eq. 5); not clamped at 0. */
export function consolidatedImportance(
  importance: Tensor,
  path: Tensor,
  value: Tensor,
  start: Tensor,
  damping: number,
): Tensor {
  return tf.add(importance, tf.div(path, tf.add(tf.square(tf.sub(value, start)), damping)));
}
