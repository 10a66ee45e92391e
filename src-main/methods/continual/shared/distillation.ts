import { tf, type Scalar, type Tensor } from '../../../engine/tf.ts';
import { EXCLUDED } from '../contract.ts';

/**
 * T² · mean over examples of KL(softmax(teacher/T) ‖ softmax(student/T)) over the outputs with a 1 in `active`
 * [outputs] (all when null). Hinton et al. 2015 give the factor T² that keeps gradients comparable; Li & Hoiem 2017
 * leave it out.
 */
export function distillation(teacher: Tensor, student: Tensor, temperature: number, active: Tensor | null): Scalar {
  const exclude = (logits: Tensor): Tensor =>
    active === null
      ? tf.div(logits, temperature)
      : tf.add(tf.div(logits, temperature), tf.mul(tf.sub(1, active), EXCLUDED));
  const target = tf.softmax(exclude(teacher));
  const difference = tf.sub(tf.logSoftmax(exclude(teacher)), tf.logSoftmax(exclude(student)));
  // excluded outputs have probability 0 on both sides, and 0·(−1e9 − −1e9) = 0
  return tf.mul(tf.mean(tf.sum(tf.mul(target, difference), -1)), temperature * temperature).asScalar();
}

/**
 * Mean over examples of the cross-entropy between softmax(teacher/T) and softmax(student/T) over the outputs with a 1
 * in `active` [outputs], without a factor T²: the distillation of methods of class-incremental learning (Castro et al.
 * 2018, eq. 3; Wu et al. 2019, eq. 1).
 */
export function softenedCrossEntropy(teacher: Tensor, student: Tensor, temperature: number, active: Tensor): Scalar {
  const excluded = tf.mul(tf.sub(1, active), EXCLUDED);
  const target = tf.softmax(tf.add(tf.div(teacher, temperature), excluded));
  const answer = tf.logSoftmax(tf.add(tf.div(student, temperature), excluded));
  return tf.neg(tf.mean(tf.sum(tf.mul(target, answer), -1))).asScalar();
}

/** [outputs]: 1 for those of `chosen`. */
export const indicator = (outputs: number, chosen: readonly number[]): Tensor =>
  tf.tensor1d(Float32Array.from({ length: outputs }, (_, output) => (chosen.includes(output) ? 1 : 0)));
