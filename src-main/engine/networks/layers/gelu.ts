import { z } from 'zod';
import { tf } from '../../tf.ts';
import { product, withoutTensors } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface GeluSpec {
  readonly kind: 'gelu';
}

/** x Φ(x) with the normal distribution function Φ. */
export const gelu: LayerKind<GeluSpec> = {
  ...withoutTensors,
  kind: 'gelu',
  schema: z.strictObject({ kind: z.literal('gelu') }),
  shape: (_spec, input) => input,
  apply: (_spec, x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  flops: (_spec, input) => 5 * product(input),
};
