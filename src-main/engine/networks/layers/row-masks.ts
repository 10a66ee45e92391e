import { z } from 'zod';
import { tf } from '../../tf.ts';
import { EngineError } from '../../types.ts';
import { product, withoutTensors } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface RowMasksSpec {
  readonly kind: 'row-masks';
  /** A mask of zeros and ones over the last axis for each member. */
  readonly masks: readonly (readonly number[])[];
}

/** Row i of the batch times mask i mod (number of masks), over the last axis; without rescaling. */
export const rowMasks: LayerKind<RowMasksSpec> = {
  ...withoutTensors,
  kind: 'row-masks',
  schema: z.strictObject({
    kind: z.literal('row-masks'),
    masks: z.array(z.array(z.union([z.literal(0), z.literal(1)]))).min(1),
  }),
  shape({ masks }, input) {
    const width = input[input.length - 1];
    if (masks.some((mask) => mask.length !== width))
      throw new EngineError(`Masks of ${masks[0].length} numbers cannot stand behind ${width} units.`);
    return input;
  },
  apply({ masks }, x) {
    const [batch] = x.shape;
    const width = masks[0].length;
    // Which mask a row has follows from its place alone, so that the whole is a constant of the step.
    const all = Float32Array.from({ length: batch * width }, (_, at) =>
      Number(masks[Math.floor(at / width) % masks.length][at % width]),
    );
    const between = Array.from({ length: x.rank - 2 }, () => 1);
    return tf.mul(x, tf.tensor(all, [batch, ...between, width], 'float32'));
  },
  flops: (_spec, input) => product(input),
  axes: (_spec, _input, incoming) => ({
    axes: {},
    outgoing: incoming,
    ...(incoming === null ? {} : { fixes: [incoming] }),
  }),
};
