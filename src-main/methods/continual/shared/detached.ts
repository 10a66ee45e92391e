import { tf, type Tensor } from '../../../engine/tf.ts';

/** Inside a step: the same numbers, through which nothing is differentiated. */
export const detached = (x: Tensor): Tensor =>
  tf.customGrad(() => ({ value: x.clone(), gradFunc: (dy: Tensor) => [tf.zerosLike(dy)] }))(x);
