import { z } from 'zod';
import { tf } from '../../tf.ts';
import { dense } from './dense.ts';
import { tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface StandardisedDenseSpec {
  readonly kind: 'standardised-dense';
  readonly name: string;
  readonly units: number;
  readonly bias?: false;
}

/**
 * A dense layer in which the weights of each unit have mean 0 and length 1: they are made so from the kernel that is
 * trained in every pass, and the gradient goes through it.
 */
export const standardisedDense: LayerKind<StandardisedDenseSpec> = {
  kind: 'standardised-dense',
  schema: z.strictObject({
    kind: z.literal('standardised-dense'),
    name: z.string().min(1),
    units: z.int().min(1),
    bias: z.literal(false).optional(),
  }),
  shape: (spec, input) => dense.shape(plain(spec), input),
  parameters: (spec, input) => dense.parameters(plain(spec), input),
  state: () => [],
  apply(spec, x, values, options) {
    const name = `${spec.name}/kernel`;
    const kernel = tensorNamed(values.params, name);
    const centred = tf.sub(kernel, tf.mean(kernel, 0, true));
    const effective = tf.div(centred, tf.sqrt(tf.sum(tf.square(centred), 0, true)));
    return dense.apply(plain(spec), x, { ...values, params: { ...values.params, [name]: effective } }, options);
  },
  flops: (spec, input) => dense.flops(plain(spec), input),
  axes: (spec, input, incoming) => dense.axes(plain(spec), input, incoming),
};

const plain = (spec: StandardisedDenseSpec) => ({ ...spec, kind: 'dense' }) as const;
