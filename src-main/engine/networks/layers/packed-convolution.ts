import { z } from 'zod';
import { tf } from '../../tf.ts';
import type { Tensor } from '../../tf.ts';
import { assertRank4 } from '../ranks.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';
import { checkGroups } from './packed.ts';

export interface PackedConvolutionSpec {
  readonly kind: 'packed-convolution';
  readonly name: string;
  readonly filters: number;
  readonly size: number;
  readonly groups: number;
  readonly bias?: false;
}

/**
 * A convolution in groups (Laurent et al. 2023, section 3): each group of filters sees its own part of the channels.
 * Filters `<name>/kernel` [size, size, in/groups, filters], those of one group together; `<name>/bias` [filters].
 */
export const packedConvolution: LayerKind<PackedConvolutionSpec> = {
  kind: 'packed-convolution',
  schema: z.strictObject({
    kind: z.literal('packed-convolution'),
    name: z.string().min(1),
    filters: z.int().min(1),
    size: z.int().min(1),
    groups: z.int().min(1),
    bias: z.literal(false).optional(),
  }),
  shape({ name, filters, groups }, input) {
    checkRank(input, 3, `The packed convolution ${name}`);
    checkGroups(name, groups, input[2], filters);
    return [input[0], input[1], filters];
  },
  parameters({ name, filters, size, groups, bias }, [, , channels]) {
    const fan = { in: (size * size * channels) / groups, out: (size * size * filters) / groups };
    return [
      { name: `${name}/kernel`, shape: [size, size, channels / groups, filters], role: 'kernel', fan },
      ...(bias === false ? [] : [{ name: `${name}/bias`, shape: [filters], role: 'bias', fan } as const]),
    ];
  },
  state: () => [],
  apply({ name, groups, filters, bias }, x, { params }) {
    const kernel = tensorNamed(params, `${name}/kernel`);
    const [, , own] = kernel.shape;
    const part = (of: Tensor, group: number, size: number): Tensor =>
      tf.slice(of, [0, 0, 0, group * size], [-1, -1, -1, size]);
    const outputs = Array.from({ length: groups }, (_, group) => {
      const [input, filter] = [part(x, group, own), part(kernel, group, filters / groups)];
      assertRank4(input, `The input of ${name}`);
      assertRank4(filter, `${name}/kernel`);
      return tf.conv2d(input, filter, 1, 'same');
    });
    const output = tf.concat(outputs, 3);
    return bias === false ? output : tf.add(output, tensorNamed(params, `${name}/bias`));
  },
  flops: ({ filters, size, groups, bias }, [height, width, channels]) =>
    height * width * filters * ((2 * size * size * channels) / groups + (bias === false ? 0 : 1)),
  axes: ({ name, bias }) => ({
    axes: {
      [`${name}/kernel`]: [null, null, null, null],
      ...(bias === false ? {} : { [`${name}/bias`]: [null] }),
    },
    outgoing: null,
  }),
};
