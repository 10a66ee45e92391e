import { z } from 'zod';
import { tf } from '../../tf.ts';
import { checkRank, product, withoutTensors } from './layer.ts';
import type { LayerKind } from './layer.ts';

/** Added to the variance under the root, whose slope at 0 is infinite. */
const SMALLEST_VARIANCE = 1e-12;

export interface AshSpec {
  readonly kind: 'ash';
  /** Steepness α of the gate. */
  readonly alpha: number;
  /** Deviations above the mean at which the gate is half open. */
  readonly deviations: number;
  /** The gate made of straight pieces, with what passes clipped to [0, 2]. */
  readonly hard: boolean;
}

/**
 * Adaptive SwisH: z · σ(α (z − μ − d s)) with mean μ and population deviation s over the units of an example; hard:
 * clip(z, 0, 2) · relu6(α (z − μ − d s) + 3) / 6.
 */
export const ash: LayerKind<AshSpec> = {
  ...withoutTensors,
  kind: 'ash',
  schema: z.strictObject({
    kind: z.literal('ash'),
    alpha: z.number().positive(),
    deviations: z.number(),
    hard: z.boolean(),
  }),
  shape(_spec, input) {
    checkRank(input, 1, 'Adaptive swish');
    return input;
  },
  apply({ alpha, deviations, hard }, x) {
    const { mean, variance } = tf.moments(x, -1, true);
    const threshold = tf.add(mean, tf.mul(tf.sqrt(tf.add(variance, SMALLEST_VARIANCE)), deviations));
    const above = tf.mul(tf.sub(x, threshold), alpha);
    if (!hard) return tf.mul(x, tf.sigmoid(above));
    return tf.mul(tf.clipByValue(x, 0, 2), tf.div(tf.clipByValue(tf.add(above, 3), 0, 6), 6));
  },
  flops: (_spec, input) => 10 * product(input),
};
