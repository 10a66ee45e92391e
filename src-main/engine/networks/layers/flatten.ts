import { z } from 'zod';
import { tf } from '../../tf.ts';
import { product, withoutTensors } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface FlattenSpec {
  readonly kind: 'flatten';
}

/**
 * [B, …] → [B, size], the last axis fastest. A permutation of channels passes: the axis that follows is k times as
 * long, k blocks in which the channel runs fastest.
 */
export const flatten: LayerKind<FlattenSpec> = {
  ...withoutTensors,
  kind: 'flatten',
  schema: z.strictObject({ kind: z.literal('flatten') }),
  shape: (_spec, input) => [product(input)],
  apply: (_spec, x) => tf.reshape(x, [x.shape[0], x.size / x.shape[0]]),
  flops: () => 0,
};
