import { z } from 'zod';
import { tf } from '../../tf.ts';
import { product, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';

const NORM_EPSILON = 1e-5;

export interface LayerNormSpec {
  readonly kind: 'layer-norm';
  /** Prefix of its tensors: that of the layer whose answers it normalises. */
  readonly name: string;
}

/**
 * Layer normalisation over the last axis of each example (Ba, Kiros & Hinton 2016), with PyTorch's ε = 1e-5; the same
 * in training and evaluation.
 */
export const layerNorm: LayerKind<LayerNormSpec> = {
  kind: 'layer-norm',
  schema: z.strictObject({ kind: z.literal('layer-norm'), name: z.string().min(1) }),
  shape: (_spec, input) => input,
  parameters({ name }, input) {
    const units = input[input.length - 1];
    const fan = { in: units, out: units };
    return [
      { name: `${name}/scale`, shape: [units], role: 'scale', fan },
      { name: `${name}/offset`, shape: [units], role: 'offset', fan },
    ];
  },
  state: () => [],
  apply({ name }, x, { params }) {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), NORM_EPSILON));
    const normalised = tf.mul(centred, scale);
    return tf.add(tf.mul(normalised, tensorNamed(params, `${name}/scale`)), tensorNamed(params, `${name}/offset`));
  },
  // Two sums, a difference, a square, and three steps of the affine map.
  flops: (_spec, input) => 7 * product(input),
  axes: ({ name }, _input, incoming) => ({
    axes: { [`${name}/scale`]: [incoming], [`${name}/offset`]: [incoming] },
    outgoing: incoming,
  }),
};
