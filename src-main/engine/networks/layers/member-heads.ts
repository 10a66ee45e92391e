import { z } from 'zod';
import { tf } from '../../tf.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';
import { groupProducts } from './packed-dense.ts';
import { checkGroups } from './packed.ts';

export interface MemberHeadsSpec {
  readonly kind: 'member-heads';
  readonly name: string;
  /** Of one member. */
  readonly units: number;
  readonly members: number;
  /** 1: every member sees all features; as many as members, or a multiple: each sees its own part. */
  readonly groups: number;
}

/**
 * Heads of several members of one network: x [B, in] → [members · B, units], the members one behind the other. Kernel
 * `<name>/kernel` [groups, in/groups, members · units/groups], `<name>/bias` [members · units].
 */
export const memberHeads: LayerKind<MemberHeadsSpec> = {
  kind: 'member-heads',
  schema: z.strictObject({
    kind: z.literal('member-heads'),
    name: z.string().min(1),
    units: z.int().min(1),
    members: z.int().min(1),
    groups: z.int().min(1),
  }),
  shape({ name, units, members, groups }, input) {
    checkRank(input, 1, `The heads ${name}`);
    checkGroups(name, groups, input[0], members * units);
    return [units];
  },
  parameters({ name, units, members, groups }, [inputs]) {
    const outputs = members * units;
    const fan = { in: inputs / groups, out: units };
    return [
      { name: `${name}/kernel`, shape: [groups, inputs / groups, outputs / groups], role: 'kernel', fan },
      { name: `${name}/bias`, shape: [outputs], role: 'bias', fan },
    ];
  },
  state: () => [],
  apply({ name, units, members }, x, { params }) {
    const batch = x.shape[0];
    const products = groupProducts(x, tensorNamed(params, `${name}/kernel`));
    const flat = tf.reshape(tf.transpose(products, [1, 0, 2]), [batch, members * units]);
    const outputs = tf.reshape(tf.add(flat, tensorNamed(params, `${name}/bias`)), [batch, members, units]);
    return tf.reshape(tf.transpose(outputs, [1, 0, 2]), [members * batch, units]);
  },
  flops: ({ units, members, groups }, [inputs]) => (2 * inputs * members * units) / groups + members * units,
  axes: ({ name, groups }, _input, incoming) => ({
    axes: { [`${name}/kernel`]: [null, groups === 1 ? incoming : null, null], [`${name}/bias`]: [null] },
    outgoing: null,
  }),
};
