import { z } from 'zod';
import { tf } from '../../tf.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface DenseSpec {
  readonly kind: 'dense';
  /** Prefix of its parameters and name of the permutation of its units. */
  readonly name: string;
  readonly units: number;
  /** Without: x·W alone. */
  readonly bias?: false;
}

/** x·W + b for x [B, in], as `options.tap` lets it through. W `<name>/kernel` [in, units], b `<name>/bias` [units]. */
export const dense: LayerKind<DenseSpec> = {
  kind: 'dense',
  schema: z.strictObject({
    kind: z.literal('dense'),
    name: z.string().min(1),
    units: z.int().min(1),
    bias: z.literal(false).optional(),
  }),
  shape({ name, units }, input) {
    checkRank(input, 1, `The dense layer ${name}`);
    return [units];
  },
  parameters({ name, units, bias }, [inputs]) {
    const fan = { in: inputs, out: units };
    return [
      { name: `${name}/kernel`, shape: [inputs, units], role: 'kernel', fan },
      ...(bias === false ? [] : [{ name: `${name}/bias`, shape: [units], role: 'bias', fan } as const]),
    ];
  },
  state: () => [],
  apply({ name, bias }, x, { params }, options) {
    const product = tf.matMul(x, tensorNamed(params, `${name}/kernel`));
    const output = bias === false ? product : tf.add(product, tensorNamed(params, `${name}/bias`));
    return options.tap?.(name, x, output) ?? output;
  },
  flops: ({ units, bias }, [inputs]) => 2 * inputs * units + (bias === false ? 0 : units),
  axes: ({ name, bias }, _input, incoming) => ({
    axes: {
      [`${name}/kernel`]: [incoming, name],
      ...(bias === false ? {} : { [`${name}/bias`]: [name] }),
    },
    outgoing: name,
  }),
};
