import { z } from 'zod';
import { tf } from '../../tf.ts';
import type { Tensor } from '../../tf.ts';
import { checkRank, tensorNamed } from './layer.ts';
import { checkGroups } from './packed.ts';
import type { LayerKind } from './layer.ts';

export interface PackedDenseSpec {
  readonly kind: 'packed-dense';
  readonly name: string;
  readonly units: number;
  readonly groups: number;
}

/** x [B, in] cut into groups, each times its own block of a kernel [groups, in/groups, out/groups]: [groups, B, …]. */
export function groupProducts(x: Tensor, kernel: Tensor): Tensor {
  const [groups, width] = kernel.shape;
  const apart = tf.transpose(tf.reshape(x, [x.shape[0], groups, width]), [1, 0, 2]);
  return tf.matMul(apart, kernel);
}

/**
 * A dense layer in groups (Laurent et al. 2023, section 3): each group of units sees its own part of the input. Kernel
 * `<name>/kernel` [groups, in/groups, units/groups], `<name>/bias` [units].
 */
export const packedDense: LayerKind<PackedDenseSpec> = {
  kind: 'packed-dense',
  schema: z.strictObject({
    kind: z.literal('packed-dense'),
    name: z.string().min(1),
    units: z.int().min(1),
    groups: z.int().min(1),
  }),
  shape({ name, units, groups }, input) {
    checkRank(input, 1, `The packed layer ${name}`);
    checkGroups(name, groups, input[0], units);
    return [units];
  },
  parameters({ name, units, groups }, [inputs]) {
    const fan = { in: inputs / groups, out: units / groups };
    return [
      { name: `${name}/kernel`, shape: [groups, fan.in, fan.out], role: 'kernel', fan },
      { name: `${name}/bias`, shape: [units], role: 'bias', fan },
    ];
  },
  state: () => [],
  apply({ name, units }, x, { params }) {
    const products = groupProducts(x, tensorNamed(params, `${name}/kernel`));
    const output = tf.reshape(tf.transpose(products, [1, 0, 2]), [x.shape[0], units]);
    return tf.add(output, tensorNamed(params, `${name}/bias`));
  },
  flops: ({ units, groups }, [inputs]) => (2 * inputs * units) / groups + units,
  axes: ({ name }) => ({
    axes: { [`${name}/kernel`]: [null, null, null], [`${name}/bias`]: [null] },
    outgoing: null,
  }),
};
