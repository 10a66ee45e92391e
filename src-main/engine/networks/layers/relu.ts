import { z } from 'zod';
import { tf } from '../../tf.ts';
import { product, withoutTensors } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface ReluSpec {
  readonly kind: 'relu';
}

/** max(x, 0). */
export const relu: LayerKind<ReluSpec> = {
  ...withoutTensors,
  kind: 'relu',
  schema: z.strictObject({ kind: z.literal('relu') }),
  shape: (_spec, input) => input,
  apply: (_spec, x) => tf.relu(x),
  flops: (_spec, input) => product(input),
};
