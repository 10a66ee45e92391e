import { z } from 'zod';
import { tf } from '../../tf.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';
import { memberAxes, memberTensors, memberWise } from './member-wise.ts';

export interface BatchEnsembleDenseSpec {
  readonly kind: 'batch-ensemble-dense';
  readonly name: string;
  readonly units: number;
  readonly members: number;
}

/**
 * A dense layer of several members that share W (Wen, Tran & Ba 2020, eq. 5): ((x ∘ r_m)·W) ∘ s_m + b_m for x
 * [members · B, in], the members one behind the other. W `<name>/kernel` [in, units]; r, s and b a row a member.
 */
export const batchEnsembleDense: LayerKind<BatchEnsembleDenseSpec> = {
  kind: 'batch-ensemble-dense',
  schema: z.strictObject({
    kind: z.literal('batch-ensemble-dense'),
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
      { name: `${name}/kernel`, shape: [inputs, units], role: 'kernel', fan },
      ...memberTensors(name, members, [inputs, units], fan),
    ];
  },
  state: () => [],
  apply: ({ name }, x, values) =>
    memberWise(name, x, values, (given) => tf.matMul(given, tensorNamed(values.params, `${name}/kernel`))),
  flops: ({ units }, [inputs]) => inputs + 2 * inputs * units + 2 * units,
  axes: ({ name }, _input, incoming) => ({
    axes: { [`${name}/kernel`]: [incoming, name], ...memberAxes(name, incoming) },
    outgoing: name,
  }),
};
