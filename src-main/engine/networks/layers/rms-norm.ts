import { z } from 'zod';
import { tf } from '../../tf.ts';
import { product, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';

const NORM_EPSILON = 1e-5;

export interface RmsNormSpec {
  readonly kind: 'rms-norm';
  /** Prefix of its tensors. */
  readonly name: string;
}

/** x / √(mean x² + ε) · g over the last axis (Zhang & Sennrich 2019, Eq. 4), ε = 1e-5. g `<name>/scale`. */
export const rmsNorm: LayerKind<RmsNormSpec> = {
  kind: 'rms-norm',
  schema: z.strictObject({ kind: z.literal('rms-norm'), name: z.string().min(1) }),
  shape: (_spec, input) => input,
  parameters({ name }, input) {
    const units = input[input.length - 1];
    return [{ name: `${name}/scale`, shape: [units], role: 'scale', fan: { in: units, out: units } }];
  },
  state: () => [],
  apply({ name }, x, { params }) {
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), NORM_EPSILON));
    return tf.mul(tf.mul(x, scale), tensorNamed(params, `${name}/scale`));
  },
  flops: (_spec, input) => 4 * product(input),
  axes: ({ name }, _input, incoming) => ({ axes: { [`${name}/scale`]: [incoming] }, outgoing: incoming }),
};
