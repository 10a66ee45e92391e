import { z } from 'zod';
import { tf } from '../../tf.ts';
import { product, withoutTensors } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface LeakyReluSpec {
  readonly kind: 'leaky-relu';
  /** Slope below 0, in [0, 1). */
  readonly slope: number;
}

/** max(x, slope · x). */
export const leakyRelu: LayerKind<LeakyReluSpec> = {
  ...withoutTensors,
  kind: 'leaky-relu',
  schema: z.strictObject({ kind: z.literal('leaky-relu'), slope: z.number().min(0).lt(1) }),
  shape: (_spec, input) => input,
  apply: ({ slope }, x) => tf.maximum(x, tf.mul(x, slope)),
  flops: (_spec, input) => 2 * product(input),
};
