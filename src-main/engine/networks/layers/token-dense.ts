import { z } from 'zod';
import { tf } from '../../tf.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface TokenDenseSpec {
  readonly kind: 'token-dense';
  /** Prefix of its parameters. */
  readonly name: string;
  readonly units: number;
}

/** x·W + b for every token of x [B, tokens, in]. W `<name>/kernel` [in, units], b `<name>/bias` [units]. */
export const tokenDense: LayerKind<TokenDenseSpec> = {
  kind: 'token-dense',
  schema: z.strictObject({ kind: z.literal('token-dense'), name: z.string().min(1), units: z.int().min(1) }),
  shape({ name, units }, input) {
    checkRank(input, 2, `The dense layer of tokens ${name}`);
    return [input[0], units];
  },
  parameters({ name, units }, [, inputs]) {
    const fan = { in: inputs, out: units };
    return [
      { name: `${name}/kernel`, shape: [inputs, units], role: 'kernel', fan },
      { name: `${name}/bias`, shape: [units], role: 'bias', fan },
    ];
  },
  state: () => [],
  apply({ name, units }, x, { params }) {
    const [rows, tokens, inputs] = x.shape;
    const product = tf.matMul(tf.reshape(x, [rows * tokens, inputs]), tensorNamed(params, `${name}/kernel`));
    return tf.reshape(tf.add(product, tensorNamed(params, `${name}/bias`)), [rows, tokens, units]);
  },
  flops: ({ units }, [tokens, inputs]) => tokens * (2 * inputs * units + units),
  axes: ({ name }, _input, incoming) => ({
    axes: { [`${name}/kernel`]: [incoming, name], [`${name}/bias`]: [name] },
    outgoing: name,
  }),
};
