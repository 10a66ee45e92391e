import { z } from 'zod';
import { tf } from '../../tf.ts';
import type { Tensor } from '../../tf.ts';
import type { ApplyOptions } from '../../types.ts';
import { product, withoutTensors } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface DropoutSpec {
  readonly kind: 'dropout';
  /** Share of the units that are left out, in [0, 1). */
  readonly rate: number;
  /** Separates the masks that one key gives to several layers of a network; from 0. */
  readonly draw: number;
}

/**
 * Inverted dropout (Srivastava et al. 2014): keeps each unit with probability 1 - rate and divides by it. The identity
 * in `eval`, unless answers are sampled, and without noise.
 */
export const dropout: LayerKind<DropoutSpec> = {
  ...withoutTensors,
  kind: 'dropout',
  schema: z.strictObject({
    kind: z.literal('dropout'),
    rate: z.number().min(0).lt(1, 'A dropout rate must be at least 0 and below 1'),
    draw: z.int().min(0),
  }),
  shape: (_spec, input) => input,
  apply: (spec, x, _values, options) => dropped(x, spec, options),
  flops: (_spec, input) => product(input),
};

/** x with a share of its numbers left out, where the options ask for noise. */
export function dropped(
  x: Tensor,
  { rate, draw }: Pick<DropoutSpec, 'rate' | 'draw'>,
  { mode, random, sampling = false }: ApplyOptions,
): Tensor {
  if (rate === 0 || random === undefined || (mode === 'eval' && !sampling)) return x;
  const { scope, key } = random;
  const layerKey = draw === 0 ? key : tf.add(key, tf.tensor1d([draw, 0], 'int32'));
  const kept = tf.cast(tf.greaterEqual(scope.randomUniform(x.shape, layerKey), rate), 'float32');
  return tf.mul(x, tf.mul(kept, 1 / (1 - rate)));
}
