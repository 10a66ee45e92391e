import { z } from 'zod';
import { tf } from '../../tf.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface DenseSpec {
  readonly kind: 'dense';
  /** Prefix of its parameters and name of the permutation of its units. */
  readonly name: string;
  readonly units: number;
}

/** x·W + b for x [B, in], as `options.tap` lets it through. W `<name>/kernel` [in, units], b `<name>/bias` [units]. */
export const dense: LayerKind<DenseSpec> = {
  kind: 'dense',
  schema: z.strictObject({ kind: z.literal('dense'), name: z.string().min(1), units: z.int().min(1) }),
  shape({ name, units }, input) {
    checkRank(input, 1, `The dense layer ${name}`);
    return [units];
  },
  parameters({ name, units }, [inputs]) {
    const fan = { in: inputs, out: units };
    return [
      { name: `${name}/kernel`, shape: [inputs, units], role: 'kernel', fan },
      { name: `${name}/bias`, shape: [units], role: 'bias', fan },
    ];
  },
  state: () => [],
  apply({ name }, x, { params }, options) {
    const output = tf.add(tf.matMul(x, tensorNamed(params, `${name}/kernel`)), tensorNamed(params, `${name}/bias`));
    return options.tap?.(name, x, output) ?? output;
  },
  flops: ({ units }, [inputs]) => 2 * inputs * units + units,
  axes: ({ name }, _input, incoming) => ({
    axes: { [`${name}/kernel`]: [incoming, name], [`${name}/bias`]: [name] },
    outgoing: name,
  }),
};
