import { z } from 'zod';
import { tf } from '../../tf.ts';
import { checkRank, withoutTensors } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface FirstTokenSpec {
  readonly kind: 'first-token';
}

/** The first token of x [B, tokens, units]: [B, units]. */
export const firstToken: LayerKind<FirstTokenSpec> = {
  ...withoutTensors,
  kind: 'first-token',
  schema: z.strictObject({ kind: z.literal('first-token') }),
  shape(_spec, input) {
    checkRank(input, 2, 'The choice of the first token');
    return [input[1]];
  },
  apply(_spec, x) {
    const [rows, , units] = x.shape;
    return tf.reshape(tf.slice(x, [0, 0, 0], [rows, 1, units]), [rows, units]);
  },
  flops: () => 0,
};
