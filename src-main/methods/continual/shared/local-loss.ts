import { softmaxCrossEntropy } from '../../../engine/losses.ts';
import { tf, type Scalar, type Tensor } from '../../../engine/tf.ts';
import { EXCLUDED, type ContinualRun, type ExampleBatch } from '../contract.ts';
import { indicator } from './distillation.ts';

/** Inside a step: mean cross-entropy of logits [B, C] among the classes of `task` alone. */
export function localCrossEntropy(
  { protocol }: Pick<ContinualRun, 'protocol'>,
  task: number,
  logits: Tensor,
  { y }: Pick<ExampleBatch, 'y'>,
): Scalar {
  const others = tf.sub(1, indicator(protocol.outputs, protocol.tasks[task].outputs));
  return softmaxCrossEntropy(tf.add(logits, tf.mul(others, EXCLUDED)), y);
}
