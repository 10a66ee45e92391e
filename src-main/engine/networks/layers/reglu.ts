import { z } from 'zod';
import { tf } from '../../tf.ts';
import { EngineError } from '../../types.ts';
import { product } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface RegluSpec {
  readonly kind: 'reglu';
}

/** a ∘ max(g, 0) for the halves [a, g] of the last axis (Shazeer 2020). */
export const reglu: LayerKind<RegluSpec> = {
  kind: 'reglu',
  schema: z.strictObject({ kind: z.literal('reglu') }),
  shape(_spec, input) {
    const width = input[input.length - 1];
    if (width % 2 !== 0) throw new EngineError(`Half of ${width} units gates the other: their number must be even.`);
    return [...input.slice(0, -1), width / 2];
  },
  parameters: () => [],
  state: () => [],
  apply(_spec, x) {
    const [linear, gate] = tf.split(x, 2, -1);
    return tf.mul(linear, tf.relu(gate));
  },
  flops: (_spec, input) => product(input),
  // A unit is tied to the one that gates it.
  axes: (_spec, _input, incoming) => ({ axes: {}, outgoing: null, fixes: incoming === null ? [] : [incoming] }),
};
