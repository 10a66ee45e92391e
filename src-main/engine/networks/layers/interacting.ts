import { z } from 'zod';
import { tf } from '../../tf.ts';
import type { Tensor } from '../../tf.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface InteractingSpec {
  readonly kind: 'interacting';
  /** Prefix of its tensors. */
  readonly name: string;
  readonly heads: number;
  /** Numbers of a token in each head. */
  readonly units: number;
}

const PARTS = ['query', 'key', 'value', 'residual'] as const;

/**
 * AutoInt's interacting layer (Song et al. 2019, Eqs. 5 to 8) over the tokens of x [B, tokens, in]: in each head the
 * mean of the values V by softmax(Q Kᵀ), heads side by side, plus x W_residual, rectified: [B, tokens, heads · units].
 * Maps without bias, `<name>-query/kernel` [in, heads · units] and so on.
 */
export const interacting: LayerKind<InteractingSpec> = {
  kind: 'interacting',
  schema: z.strictObject({
    kind: z.literal('interacting'),
    name: z.string().min(1),
    heads: z.int().min(1),
    units: z.int().min(1),
  }),
  shape({ name, heads, units }, input) {
    checkRank(input, 2, `The interacting layer ${name}`);
    return [input[0], heads * units];
  },
  parameters: ({ name, heads, units }, [, inputs]) =>
    PARTS.map((part) => ({
      name: `${name}-${part}/kernel`,
      shape: [inputs, heads * units],
      role: 'kernel',
      fan: { in: inputs, out: heads * units },
    })),
  state: () => [],
  apply({ name, heads, units }, x, { params }) {
    const [rows, tokens, inputs] = x.shape;
    const flat = tf.reshape(x, [rows * tokens, inputs]);
    const mapped = (part: (typeof PARTS)[number]): Tensor =>
      tf.matMul(flat, tensorNamed(params, `${name}-${part}/kernel`));
    const byHead = (part: (typeof PARTS)[number]): Tensor =>
      tf.transpose(tf.reshape(mapped(part), [rows, tokens, heads, units]), [0, 2, 1, 3]);
    const shares = tf.softmax(tf.matMul(byHead('query'), byHead('key'), false, true), -1);
    const values = tf.transpose(tf.matMul(shares, byHead('value')), [0, 2, 1, 3]);
    const joined = tf.reshape(values, [rows * tokens, heads * units]);
    return tf.reshape(tf.relu(tf.add(joined, mapped('residual'))), [rows, tokens, heads * units]);
  },
  flops: ({ heads, units }, [tokens, inputs]) => tokens * heads * units * (8 * inputs + 4 * tokens),
  axes: ({ name }, _input, incoming) => ({
    axes: Object.fromEntries(PARTS.map((part) => [`${name}-${part}/kernel`, [incoming, null]])),
    outgoing: null,
  }),
};
