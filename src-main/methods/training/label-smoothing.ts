import { z } from 'zod';
import { softmaxCrossEntropy } from '../../engine/losses.ts';
import { tf } from '../../engine/tf.ts';
import type { Scalar, Tensor } from '../../engine/tf.ts';
import { defineTrainingMethod } from './shared/driver.ts';
import { sgdFields, sgdHooks } from './sgd.ts';

/** Cross-entropy against (1 - ε)·one-hot + ε/C, mean over the batch; logits [B, C], labels int32 [B]. */
export function smoothedCrossEntropy(logits: Tensor, labels: Tensor, epsilon: number): Scalar {
  const uniform = tf.neg(tf.mean(tf.logSoftmax(logits, -1)));
  return tf.add(tf.mul(softmaxCrossEntropy(logits, labels), 1 - epsilon), tf.mul(uniform, epsilon)).asScalar();
}

/** Label smoothing (Szegedy et al. 2016, section 7): cross-entropy against (1 − ε)·one-hot + ε/K. */
export default defineTrainingMethod({
  id: 'label-smoothing',
  version: 1,
  title: 'Label smoothing',
  summary: 'SGD against labels that give a little weight to every class.',
  paper: {
    title: 'Rethinking the Inception Architecture for Computer Vision',
    authors: 'Szegedy, Vanhoucke, Ioffe, Shlens, Wojna',
    year: 2016,
    reference: 'arXiv:1512.00567',
    equations: "Section 7: q' = (1 - ε)q + ε/K",
  },
  fields: {
    smoothing: z.number().min(0).max(0.9).default(0.1).describe('ε: the weight spread evenly over all classes'),
    ...sgdFields,
  },
  hooks: (values) => ({
    ...sgdHooks(values),
    loss: ({ logits, x, y }) => smoothedCrossEntropy(logits(x), y, values.smoothing),
  }),
});
