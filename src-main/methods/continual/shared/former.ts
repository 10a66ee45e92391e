import { tf, type Scalar, type Tensor } from '../../../engine/tf.ts';
import type { Model } from '../../models.ts';
import type { ContinualRun, LossScope } from '../contract.ts';
import { indicator, softenedCrossEntropy } from './distillation.ts';
import { outputsBefore } from './exemplars.ts';

/** The suite's network as it was when the present task began. */
export const former = ({ models }: ContinualRun): Model => models.open('former');

/** Before a task: keeps the network under another name, from the second task on. */
export async function keepFormer({ models, model }: ContinualRun, task: number): Promise<void> {
  if (task > 0) await models.copy(model, 'former');
}

/** The passes of an example that the former network is asked about too. */
export const TAUGHT = { forward: 2, backward: 1 } as const;

/**
 * Inside a step of `task`: (1 − λ) · cross-entropy + λ · distillation of the classes of before from the former network,
 * with λ = classes before / classes now (Wu et al. 2019, eqs. 1 to 3). `corrected` is what the former network's logits
 * go through first.
 */
export function distilledLoss(
  run: ContinualRun,
  task: number,
  { batch, batchLogits, crossEntropy, apply }: LossScope,
  temperature: number,
  corrected: (logits: Tensor) => Tensor = (logits) => logits,
): Scalar {
  const fresh = crossEntropy(batchLogits, batch);
  if (task === 0) return fresh;
  const before = outputsBefore(run, task);
  const share = before.length / outputsBefore(run, task + 1).length;
  const teacher = corrected(apply(former(run), batch.x).logits);
  const kept = softenedCrossEntropy(teacher, batchLogits, temperature, indicator(run.protocol.outputs, before));
  return tf.add(tf.mul(fresh, 1 - share), tf.mul(kept, share)).asScalar();
}
