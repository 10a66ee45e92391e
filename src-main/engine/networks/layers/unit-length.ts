import { z } from 'zod';
import { tf } from '../../tf.ts';
import { checkRank, product, withoutTensors } from './layer.ts';
import type { LayerKind } from './layer.ts';

/** Added to the squared length, so that a vector of zeros stays one. */
const SMALLEST_SQUARE = 1e-12;

export interface UnitLengthSpec {
  readonly kind: 'unit-length';
  /** Length of every answer; 1 unless told. With a head of unit columns the logits are cosines times this. */
  readonly scale?: number;
}

/** scale · x / |x| of each example [B, F]. */
export const unitLength: LayerKind<UnitLengthSpec> = {
  ...withoutTensors,
  kind: 'unit-length',
  schema: z.strictObject({ kind: z.literal('unit-length'), scale: z.number().positive().optional() }),
  shape(_spec, input) {
    checkRank(input, 1, 'The layer of unit length');
    return input;
  },
  apply({ scale = 1 }, x) {
    const length = tf.sqrt(tf.add(tf.sum(tf.square(x), -1, true), SMALLEST_SQUARE));
    return tf.mul(tf.div(x, length), scale);
  },
  flops: (_spec, input) => 4 * product(input),
};
