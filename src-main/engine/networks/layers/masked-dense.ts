import { z } from 'zod';
import { tf } from '../../tf.ts';
import { dense } from './dense.ts';
import { tensorNamed } from './layer.ts';
import type { LayerKind, LayerTensor } from './layer.ts';

export interface MaskedDenseSpec {
  readonly kind: 'masked-dense';
  readonly name: string;
  readonly units: number;
}

/**
 * A dense layer whose kernel is multiplied by a mask `<name>/mask` of its shape, at first 1 everywhere. The mask is
 * state: it is not trained, and stays until a method writes it. Its product with the kernel is made once a call and
 * not counted as FLOPs of an example.
 */
export const maskedDense: LayerKind<MaskedDenseSpec> = {
  kind: 'masked-dense',
  schema: z.strictObject({ kind: z.literal('masked-dense'), name: z.string().min(1), units: z.int().min(1) }),
  shape: (spec, input) => dense.shape(plain(spec), input),
  parameters: (spec, input) => dense.parameters(plain(spec), input),
  state: (spec, input) => dense.parameters(plain(spec), input).flatMap(maskOf),
  apply: (spec, x, values, options) =>
    dense.apply(plain(spec), x, { ...values, params: withMask(spec.name, values) }, options),
  flops: (spec, input) => dense.flops(plain(spec), input),
  axes(spec, input, incoming) {
    const { axes, outgoing } = dense.axes(plain(spec), input, incoming);
    return { axes: { ...axes, [`${spec.name}/mask`]: axes[`${spec.name}/kernel`] }, outgoing };
  },
};

const plain = ({ name, units }: MaskedDenseSpec) => ({ kind: 'dense', name, units }) as const;

/** The mask of a kernel, none of another tensor. */
export const maskOf = ({ name, role, ...rest }: LayerTensor): LayerTensor[] =>
  role === 'kernel' ? [{ ...rest, name: name.replace(/kernel$/, 'mask'), role: 'mask' }] : [];

/** The tensors of a network with this layer's kernel masked. */
export function withMask(
  name: string,
  { params, state }: Pick<Parameters<typeof dense.apply>[2], 'params' | 'state'>,
): typeof params {
  const kernel = tf.mul(tensorNamed(params, `${name}/kernel`), tensorNamed(state, `${name}/mask`));
  return { ...params, [`${name}/kernel`]: kernel };
}
