import { z } from 'zod';
import { tf } from '../../tf.ts';
import type { Tensor } from '../../tf.ts';
import { EngineError } from '../../types.ts';
import { dropped } from './dropout.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind, LayerTensor } from './layer.ts';

export interface AttentionSpec {
  readonly kind: 'attention';
  /** Prefix of its tensors. */
  readonly name: string;
  readonly heads: number;
  /** Share of the attention weights that are left out in training, and what separates the draw from others'. */
  readonly dropout: { readonly rate: number; readonly draw: number };
}

const PARTS = ['query', 'key', 'value', 'mixing'] as const;

/**
 * Multi-head self-attention (Vaswani et al. 2017, section 3.2.2) over the tokens of x [B, tokens, units]: in each head
 * softmax(Q Kᵀ / √(units/heads)) V, the heads side by side, times W_mixing. All four maps have a bias, 0 at the start:
 * `<name>-query/kernel`, `-query/bias`, and so on.
 */
export const attention: LayerKind<AttentionSpec> = {
  kind: 'attention',
  schema: z.strictObject({
    kind: z.literal('attention'),
    name: z.string().min(1),
    heads: z.int().min(1),
    dropout: z.strictObject({ rate: z.number().min(0).lt(1), draw: z.int().min(0) }),
  }),
  shape({ name, heads }, input) {
    checkRank(input, 2, `The attention ${name}`);
    if (input[1] % heads !== 0)
      throw new EngineError(
        `The attention ${name} cuts ${input[1]} units into ${heads} heads: they must divide evenly.`,
      );
    return input;
  },
  parameters({ name }, [, units]) {
    const fan = { in: units, out: units };
    return PARTS.flatMap((part): LayerTensor[] => [
      { name: `${name}-${part}/kernel`, shape: [units, units], role: 'kernel', fan },
      { name: `${name}-${part}/bias`, shape: [units], role: 'bias', fan, start: { mean: 0, deviation: 0 } },
    ]);
  },
  state: () => [],
  apply({ name, heads, dropout }, x, { params }, options) {
    const [rows, tokens, units] = x.shape;
    const own = units / heads;
    const affine = (part: (typeof PARTS)[number], given: Tensor): Tensor =>
      tf.add(
        tf.matMul(given, tensorNamed(params, `${name}-${part}/kernel`)),
        tensorNamed(params, `${name}-${part}/bias`),
      );
    const flat = tf.reshape(x, [rows * tokens, units]);
    const byHead = (part: (typeof PARTS)[number]): Tensor =>
      tf.transpose(tf.reshape(affine(part, flat), [rows, tokens, heads, own]), [0, 2, 1, 3]);
    const scores = tf.mul(tf.matMul(byHead('query'), byHead('key'), false, true), 1 / Math.sqrt(own));
    const weights = dropped(tf.softmax(scores, -1), dropout, options);
    const values = tf.transpose(tf.matMul(weights, byHead('value')), [0, 2, 1, 3]);
    return tf.reshape(affine('mixing', tf.reshape(values, [rows * tokens, units])), [rows, tokens, units]);
  },
  flops: (_spec, [tokens, units]) => tokens * (8 * units * units + 4 * units + 4 * tokens * units),
  axes: ({ name }, _input, incoming) => ({
    axes: Object.fromEntries(
      PARTS.flatMap((part) => [
        [`${name}-${part}/kernel`, [part === 'mixing' ? null : incoming, null]],
        [`${name}-${part}/bias`, [null]],
      ]),
    ),
    outgoing: null,
  }),
};
