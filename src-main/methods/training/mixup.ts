import { z } from 'zod';
import { softmaxCrossEntropy } from '../../engine/losses.ts';
import type { Stream } from '../../engine/random/streams.ts';
import { tf } from '../../engine/tf.ts';
import { defineTrainingMethod } from './shared/driver.ts';
import { sgdFields, sgdHooks } from './sgd.ts';

/** One draw of Beta(α, α): X/(X + Y) with X, Y ~ Gamma(α) (Marsaglia & Tsang 2000). */
export function symmetricBeta(stream: Stream, alpha: number): number {
  const x = logGamma(stream, alpha);
  const y = logGamma(stream, alpha);
  // In logarithms: for small α both numbers underflow.
  return 1 / (1 + Math.exp(y - x));
}

/** Logarithm of a Gamma(α, 1) draw. */
function logGamma(stream: Stream, alpha: number): number {
  if (alpha < 1) return logGamma(stream, alpha + 1) + Math.log(1 - stream.uniform()) / alpha;
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = stream.normal();
    const v = (1 + c * normal) ** 3;
    if (v > 0 && Math.log(1 - stream.uniform()) < normal ** 2 / 2 + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}

/** Mixup (Zhang et al. 2018, section 2): trains on λ x + (1 − λ) x' with the loss mixed alike, λ ~ Beta(α, α). */
export default defineTrainingMethod({
  id: 'mixup',
  version: 1,
  title: 'Mixup',
  summary: 'SGD on convex combinations of pairs of examples and of their labels.',
  paper: {
    title: 'mixup: Beyond Empirical Risk Minimization',
    authors: 'Zhang, Cissé, Dauphin, Lopez-Paz',
    year: 2018,
    reference: 'arXiv:1710.09412',
    equations: 'Eq. in section 2; figure 1',
    deviations: 'One λ for a batch and partners from the same batch, as in the paper’s code.',
  },
  fields: {
    alpha: z.number().min(0.01).max(10).default(0.2).describe('α of Beta(α, α), from which the mixing weight is drawn'),
    ...sgdFields,
  },
  hooks: (values, context) => ({
    ...sgdHooks(values),
    inputs: { partners: { shape: [-1], dtype: 'int32' }, lambda: { shape: [], dtype: 'float32' } },
    feed({ globalStep }, rows) {
      const stream = context.stream(`mixup/step${globalStep}`);
      return {
        partners: stream.permutation(rows.length).map((index) => rows[index]),
        lambda: Float32Array.of(symmetricBeta(stream, values.alpha)),
      };
    },
    loss({ x, y, inputs, examples, logits }) {
      const { partners, lambda } = inputs;
      const other = examples(partners);
      const rest = tf.sub(1, lambda);
      const mixed = logits(tf.add(tf.mul(x, lambda), tf.mul(other.x, rest)));
      return tf
        .add(tf.mul(softmaxCrossEntropy(mixed, y), lambda), tf.mul(softmaxCrossEntropy(mixed, other.y), rest))
        .asScalar();
    },
  }),
});
