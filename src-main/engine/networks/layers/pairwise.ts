import { z } from 'zod';
import { tf, type Tensor } from '../../tf.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';

/** How weights of pairs start: normal with this deviation. */
const START = 1e-3;

export interface PairwiseSpec {
  readonly kind: 'pairwise';
  readonly name: string;
  readonly units: number;
}

/**
 * Every pair of inputs i < j belongs to one unit and speaks for it by the product of the two: unit c answers the sum of
 * w_ij x_i x_j over its pairs. Pairs in their order, row by row, belong to the units in turn. W `<name>/kernel`
 * [in, in], of which only the part above the diagonal is used.
 */
export const pairwise: LayerKind<PairwiseSpec> = {
  kind: 'pairwise',
  schema: z.strictObject({ kind: z.literal('pairwise'), name: z.string().min(1), units: z.int().min(1) }),
  shape({ name, units }, input) {
    checkRank(input, 1, `The pairwise layer ${name}`);
    return [units];
  },
  parameters: ({ name, units }, [inputs]) => [
    {
      name: `${name}/kernel`,
      shape: [inputs, inputs],
      role: 'kernel',
      fan: { in: inputs, out: units },
      start: { mean: 0, deviation: START },
    },
  ],
  state: () => [],
  apply({ name, units }, x, { params }, options) {
    const kernel = tensorNamed(params, `${name}/kernel`);
    const output = pairAnswers(x, tf.mul(tf.expandDims(kernel, 2), pairOwners(kernel.shape[0], units)));
    return options.tap?.(name, x, output) ?? output;
  },
  flops: ({ units }, [inputs]) => 2 * inputs * inputs * units,
  // Which pairs a unit has depends on the order of its inputs.
  axes: ({ name }, _input, incoming) => ({
    axes: { [`${name}/kernel`]: [null, null] },
    outgoing: null,
    ...(incoming === null ? {} : { fixes: [incoming] }),
  }),
};

/** Σ_ij x_i w_ijc x_j, for x [B, n] and weights [n, n, units]. */
export function pairAnswers(x: Tensor, weights: Tensor): Tensor {
  const [inputs, , units = 1] = weights.shape;
  const half = tf.matMul(x.as2D(x.shape[0], inputs), tf.reshape(weights, [inputs, inputs * units]));
  return tf.sum(tf.mul(tf.reshape(half, [x.shape[0], inputs, units]), tf.expandDims(x, 2)), 1);
}

/** [n, n, units]: 1 where the pair i < j belongs to the unit. */
export function pairOwners(inputs: number, units: number): Tensor {
  const [i, j] = [tf.range(0, inputs).expandDims(1), tf.range(0, inputs).expandDims(0)];
  // Pairs in the rows before, and in this row.
  const before = tf.sub(tf.mul(i, inputs), tf.div(tf.mul(i, tf.add(i, 1)), 2));
  const place = tf.add(before, tf.sub(tf.sub(j, i), 1));
  const owner = tf.where(tf.less(i, j), tf.mod(place, units), tf.fill([inputs, inputs], -1));
  return tf.cast(tf.equal(tf.expandDims(owner, 2), tf.range(0, units).reshape([1, 1, units])), 'float32');
}
