import { z } from 'zod';
import { tf } from '../../tf.ts';
import { EngineError } from '../../types.ts';
import { assertRank4 } from '../ranks.ts';
import { checkRank, product, withoutTensors } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface MaxPoolSpec {
  readonly kind: 'max-pool';
}

/** 2×2 maximum, stride 2; an odd last row or column is dropped. */
export const maxPool: LayerKind<MaxPoolSpec> = {
  ...withoutTensors,
  kind: 'max-pool',
  schema: z.strictObject({ kind: z.literal('max-pool') }),
  shape(_spec, input) {
    checkRank(input, 3, 'A pooling layer');
    const [height, width, channels] = input;
    const shape = [height >> 1, width >> 1, channels];
    if (product(shape) === 0)
      throw new EngineError(`A pooling layer halves ${height}×${width} images, which leaves nothing: use fewer.`);
    return shape;
  },
  apply(_spec, x) {
    assertRank4(x, 'The input of a pooling layer');
    return tf.maxPool(x, 2, 2, 'valid');
  },
  flops: (_spec, [height, width, channels]) => 3 * (height >> 1) * (width >> 1) * channels,
};
