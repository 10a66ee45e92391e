import { z } from 'zod';
import { tf } from '../../tf.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface LowRankDenseSpec {
  readonly kind: 'low-rank-dense';
  readonly name: string;
  readonly units: number;
  /** r: columns of A and rows of B. */
  readonly rank: number;
  /** What the product A·B is multiplied by. */
  readonly scale: number;
}

/**
 * A dense layer with a change of low rank (Hu et al. 2022, eq. 3): x·W + scale · (x·A)·B + b. W `<name>/kernel` and b
 * `<name>/bias` are a dense layer's; A `<name>/down` [in, rank] starts as PyTorch's linear layers do, B `<name>/up`
 * [rank, units] at 0, so that the change is 0 at first. Which of them is trained is for the method to say.
 */
export const lowRankDense: LayerKind<LowRankDenseSpec> = {
  kind: 'low-rank-dense',
  schema: z.strictObject({
    kind: z.literal('low-rank-dense'),
    name: z.string().min(1),
    units: z.int().min(1),
    rank: z.int().min(1),
    scale: z.number(),
  }),
  shape({ name, units }, input) {
    checkRank(input, 1, `The dense layer ${name}`);
    return [units];
  },
  parameters({ name, units, rank }, [inputs]) {
    const fan = { in: inputs, out: units };
    return [
      { name: `${name}/kernel`, shape: [inputs, units], role: 'kernel', fan },
      { name: `${name}/bias`, shape: [units], role: 'bias', fan },
      { name: `${name}/down`, shape: [inputs, rank], role: 'kernel', fan: { in: inputs, out: rank } },
      { name: `${name}/up`, shape: [rank, units], role: 'kernel', fan, start: { mean: 0, deviation: 0 } },
    ];
  },
  state: () => [],
  apply({ name, scale }, x, { params }, options) {
    const change = tf.matMul(
      tf.mul(tf.matMul(x, tensorNamed(params, `${name}/down`)), scale),
      tensorNamed(params, `${name}/up`),
    );
    const plain = tf.add(tf.matMul(x, tensorNamed(params, `${name}/kernel`)), tensorNamed(params, `${name}/bias`));
    const output = tf.add(plain, change);
    return options.tap?.(name, x, output) ?? output;
  },
  flops: ({ units, rank }, [inputs]) => 2 * inputs * units + 2 * units + rank * (2 * inputs + 1 + 2 * units),
  axes: ({ name }, _input, incoming) => ({
    axes: {
      [`${name}/kernel`]: [incoming, name],
      [`${name}/bias`]: [name],
      [`${name}/down`]: [incoming, null],
      [`${name}/up`]: [null, name],
    },
    outgoing: name,
  }),
};
