import { z } from 'zod';
import { tf } from '../../tf.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';
import { byMember, rowsOfMember } from './member-wise.ts';

export interface MemberDenseSpec {
  readonly kind: 'member-dense';
  /** Prefix of its parameters. */
  readonly name: string;
  readonly units: number;
  readonly members: number;
}

/**
 * A dense layer of its own for each member: x·W_m + b_m for x [members · B, in], the members one behind the other. W
 * `<name>/kernel` [members, in, units], b `<name>/bias` [members, units].
 */
export const memberDense: LayerKind<MemberDenseSpec> = {
  kind: 'member-dense',
  schema: z.strictObject({
    kind: z.literal('member-dense'),
    name: z.string().min(1),
    units: z.int().min(1),
    members: z.int().min(1),
  }),
  shape({ name, units }, input) {
    checkRank(input, 1, `The dense layer ${name}`);
    return [units];
  },
  parameters({ name, units, members }, [inputs]) {
    const fan = { in: inputs, out: units };
    return [
      { name: `${name}/kernel`, shape: [members, inputs, units], role: 'kernel', fan },
      { name: `${name}/bias`, shape: [members, units], role: 'bias', fan },
    ];
  },
  state: () => [],
  apply({ name, units, members }, x, { params }) {
    const [rows, inputs] = x.shape;
    const own = tf.reshape(x, [members, rowsOfMember(name, rows, members), inputs]);
    const outputs = tf.reshape(tf.matMul(own, tensorNamed(params, `${name}/kernel`)), [rows, units]);
    return byMember(name, outputs, params, `${name}/bias`, tf.add);
  },
  flops: ({ units }, [inputs]) => 2 * inputs * units + units,
  axes: ({ name }, _input, incoming) => ({
    axes: { [`${name}/kernel`]: [null, incoming, name], [`${name}/bias`]: [null, name] },
    outgoing: name,
  }),
};
