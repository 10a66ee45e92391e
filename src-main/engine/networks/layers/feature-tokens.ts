import { z } from 'zod';
import { tf } from '../../tf.ts';
import type { Tensor } from '../../tf.ts';
import { EngineError } from '../../types.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface FeatureTokensSpec {
  readonly kind: 'feature-tokens';
  /** Prefix of its tensors. */
  readonly name: string;
  /** Numbers of a token. */
  readonly units: number;
  /** Of each column of a table, how many inputs it is: 1 for a number, its levels for a one-hot category. */
  readonly widths: readonly number[];
  /** A trained token before those of the columns. */
  readonly first: boolean;
}

/**
 * A token for each column of a table (Gorishniy et al. 2021, section 3.3): Σ over the inputs i of column j of x_i w_i,
 * plus b_j; of a one-hot category that is its level's row of w. x [B, in] → [B, tokens, units]. w `<name>/kernel`
 * [in, units], b `<name>/bias` [columns, units], the first token `<name>/first` [units].
 */
export const featureTokens: LayerKind<FeatureTokensSpec> = {
  kind: 'feature-tokens',
  schema: z.strictObject({
    kind: z.literal('feature-tokens'),
    name: z.string().min(1),
    units: z.int().min(1),
    widths: z.array(z.int().min(1)).min(1),
    first: z.boolean(),
  }),
  shape({ name, units, widths, first }, input) {
    checkRank(input, 1, `The tokens ${name}`);
    const told = widths.reduce((sum, width) => sum + width, 0);
    if (told !== input[0])
      throw new EngineError(`The columns of ${name} are ${told} inputs wide; the network is given ${input[0]}.`);
    return [widths.length + (first ? 1 : 0), units];
  },
  parameters({ name, units, widths, first }, [inputs]) {
    const fan = { in: units, out: units };
    return [
      { name: `${name}/kernel`, shape: [inputs, units], role: 'kernel', fan },
      { name: `${name}/bias`, shape: [widths.length, units], role: 'bias', fan },
      ...(first ? [{ name: `${name}/first`, shape: [units], role: 'bias', fan } as const] : []),
    ];
  },
  state: () => [],
  apply({ name, units, widths, first }, x, { params }) {
    const [rows, inputs] = x.shape;
    const columns = widths.length;
    const kernel = tensorNamed(params, `${name}/kernel`);
    const sums =
      columns === inputs ? tf.mul(tf.reshape(x, [rows, inputs, 1]), kernel) : summed(x, widths, units, kernel);
    const tokens = tf.add(sums, tensorNamed(params, `${name}/bias`));
    if (!first) return tokens;
    const leading = tf.tile(tf.reshape(tensorNamed(params, `${name}/first`), [1, 1, units]), [rows, 1, 1]);
    return tf.concat([leading, tokens], 1);
  },
  flops: ({ units, widths }, [inputs]) => 2 * inputs * units + widths.length * units,
  axes: ({ name, first }) => ({
    axes: {
      [`${name}/kernel`]: [null, null],
      [`${name}/bias`]: [null, null],
      ...(first ? { [`${name}/first`]: [null] } : {}),
    },
    outgoing: null,
  }),
};

/** Of each column the sum over its inputs i of x_i w_i: [B, columns, units]. */
function summed(x: Tensor, widths: readonly number[], units: number, kernel: Tensor): Tensor {
  const [rows, inputs] = x.shape;
  const columns = widths.length;
  const own = tf.mul(tf.reshape(x, [rows, 1, inputs]), tf.tensor2d(membership(widths), [columns, inputs]));
  return tf.reshape(tf.matMul(tf.reshape(own, [rows * columns, inputs]), kernel), [rows, columns, units]);
}

/** 1 where an input is of a column, [columns × inputs]. */
function membership(widths: readonly number[]): Float32Array {
  const inputs = widths.reduce((sum, width) => sum + width, 0);
  const out = new Float32Array(widths.length * inputs);
  let place = 0;
  widths.forEach((width, column) => {
    out.fill(1, column * inputs + place, column * inputs + place + width);
    place += width;
  });
  return out;
}
