import { z } from 'zod';
import { tf } from '../../tf.ts';
import { product, withoutTensors } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface SigmoidSpec {
  readonly kind: 'sigmoid';
}

/** 1/(1 + e^−x). */
export const sigmoid: LayerKind<SigmoidSpec> = {
  ...withoutTensors,
  kind: 'sigmoid',
  schema: z.strictObject({ kind: z.literal('sigmoid') }),
  shape: (_spec, input) => input,
  apply: (_spec, x) => tf.sigmoid(x),
  flops: (_spec, input) => product(input),
};
