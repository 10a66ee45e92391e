import { z } from 'zod';
import { convolution } from './convolution.ts';
import type { LayerKind } from './layer.ts';
import { maskOf, withMask } from './masked-dense.ts';

export interface MaskedConvolutionSpec {
  readonly kind: 'masked-convolution';
  readonly name: string;
  readonly filters: number;
  readonly size: number;
}

/** A convolution whose filters are multiplied by a mask `<name>/mask`, as those of `masked-dense`. */
export const maskedConvolution: LayerKind<MaskedConvolutionSpec> = {
  kind: 'masked-convolution',
  schema: z.strictObject({
    kind: z.literal('masked-convolution'),
    name: z.string().min(1),
    filters: z.int().min(1),
    size: z.int().min(1),
  }),
  shape: (spec, input) => convolution.shape(plain(spec), input),
  parameters: (spec, input) => convolution.parameters(plain(spec), input),
  state: (spec, input) => convolution.parameters(plain(spec), input).flatMap(maskOf),
  apply: (spec, x, values, options) =>
    convolution.apply(plain(spec), x, { ...values, params: withMask(spec.name, values) }, options),
  flops: (spec, input) => convolution.flops(plain(spec), input),
  axes(spec, input, incoming) {
    const { axes, outgoing } = convolution.axes(plain(spec), input, incoming);
    return { axes: { ...axes, [`${spec.name}/mask`]: axes[`${spec.name}/kernel`] }, outgoing };
  },
};

const plain = ({ name, filters, size }: MaskedConvolutionSpec) =>
  ({ kind: 'convolution', name, filters, size }) as const;
