import { z } from 'zod';
import { tf } from '../../tf.ts';
import { checkRank, product, withoutTensors } from './layer.ts';
import type { LayerKind } from './layer.ts';
import { checkGroups } from './packed.ts';

export interface FlattenGroupsSpec {
  readonly kind: 'flatten-groups';
  readonly groups: number;
}

/** [B, height, width, groups · c] → [B, size] with the numbers of a group of channels together. */
export const flattenGroups: LayerKind<FlattenGroupsSpec> = {
  ...withoutTensors,
  kind: 'flatten-groups',
  schema: z.strictObject({ kind: z.literal('flatten-groups'), groups: z.int().min(1) }),
  shape({ groups }, input) {
    checkRank(input, 3, 'A flattening layer in groups');
    checkGroups('that flattens', groups, input[2], input[2]);
    return [product(input)];
  },
  apply({ groups }, x) {
    const [batch, height, width, channels] = x.shape;
    const apart = tf.reshape(x, [batch, height * width, groups, channels / groups]);
    return tf.reshape(tf.transpose(apart, [0, 2, 1, 3]), [batch, height * width * channels]);
  },
  flops: () => 0,
  axes: () => ({ axes: {}, outgoing: null }),
};
