import { z } from 'zod';
import { tf } from '../../tf.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface MaxoutDenseSpec {
  readonly kind: 'maxout-dense';
  readonly name: string;
  readonly units: number;
  readonly pieces: number;
}

/**
 * Maxout (Goodfellow et al. 2013, section 3): h_i = max_j (x·W_ij + b_ij) over the pieces j. Kernel `<name>/kernel`
 * [pieces, in, units], `<name>/bias` [pieces, units].
 */
export const maxoutDense: LayerKind<MaxoutDenseSpec> = {
  kind: 'maxout-dense',
  schema: z.strictObject({
    kind: z.literal('maxout-dense'),
    name: z.string().min(1),
    units: z.int().min(1),
    pieces: z.int().min(1),
  }),
  shape({ name, units }, input) {
    checkRank(input, 1, `The maxout layer ${name}`);
    return [units];
  },
  parameters({ name, units, pieces }, [inputs]) {
    const fan = { in: inputs, out: units };
    return [
      { name: `${name}/kernel`, shape: [pieces, inputs, units], role: 'kernel', fan },
      { name: `${name}/bias`, shape: [pieces, units], role: 'bias', fan },
    ];
  },
  state: () => [],
  apply({ name, units, pieces }, x, { params }) {
    const kernel = tf.transpose(tensorNamed(params, `${name}/kernel`), [1, 0, 2]);
    const products = tf.matMul(x, tf.reshape(kernel, [kernel.shape[0], pieces * units]));
    const outputs = tf.reshape(products, [x.shape[0], pieces, units]);
    return tf.max(tf.add(outputs, tensorNamed(params, `${name}/bias`)), 1);
  },
  flops: ({ units, pieces }, [inputs]) => pieces * units * (2 * inputs + 2),
  axes: ({ name }, _input, incoming) => ({
    axes: { [`${name}/kernel`]: [null, incoming, name], [`${name}/bias`]: [null, name] },
    outgoing: name,
  }),
};
