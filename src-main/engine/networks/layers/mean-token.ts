import { z } from 'zod';
import { tf } from '../../tf.ts';
import { checkRank, product, withoutTensors } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface MeanTokenSpec {
  readonly kind: 'mean-token';
}

/** The mean over the tokens of x [B, tokens, units]: [B, units]. */
export const meanToken: LayerKind<MeanTokenSpec> = {
  ...withoutTensors,
  kind: 'mean-token',
  schema: z.strictObject({ kind: z.literal('mean-token') }),
  shape(_spec, input) {
    checkRank(input, 2, 'The mean of tokens');
    return [input[1]];
  },
  apply: (_spec, x) => tf.mean(x, 1),
  flops: (_spec, input) => product(input),
};
