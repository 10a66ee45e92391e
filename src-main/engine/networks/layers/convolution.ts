import { z } from 'zod';
import { tf } from '../../tf.ts';
import { assertRank4 } from '../ranks.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface ConvolutionSpec {
  readonly kind: 'convolution';
  /** Prefix of its parameters and name of the permutation of its channels. */
  readonly name: string;
  readonly filters: number;
  /** Height and width of a filter. */
  readonly size: number;
  /** Without: filters alone. */
  readonly bias?: false;
}

/**
 * Stride-1 convolution that keeps height and width, plus bias, for x [B, height, width, in], as `options.tap` lets it
 * through. Filters `<name>/kernel` [size, size, in, filters], `<name>/bias` [filters].
 */
export const convolution: LayerKind<ConvolutionSpec> = {
  kind: 'convolution',
  schema: z.strictObject({
    kind: z.literal('convolution'),
    name: z.string().min(1),
    filters: z.int().min(1),
    size: z.int().min(1),
    bias: z.literal(false).optional(),
  }),
  shape({ name, filters }, input) {
    checkRank(input, 3, `The convolution ${name}`);
    return [input[0], input[1], filters];
  },
  parameters({ name, filters, size, bias }, [, , channels]) {
    const fan = { in: size * size * channels, out: size * size * filters };
    return [
      { name: `${name}/kernel`, shape: [size, size, channels, filters], role: 'kernel', fan },
      ...(bias === false ? [] : [{ name: `${name}/bias`, shape: [filters], role: 'bias', fan } as const]),
    ];
  },
  state: () => [],
  apply({ name, bias }, x, { params }, options) {
    const kernel = tensorNamed(params, `${name}/kernel`);
    assertRank4(x, `The input of ${name}`);
    assertRank4(kernel, `${name}/kernel`);
    const filtered = tf.conv2d(x, kernel, 1, 'same');
    const output = bias === false ? filtered : tf.add(filtered, tensorNamed(params, `${name}/bias`));
    return options.tap?.(name, x, output) ?? output;
  },
  flops: ({ filters, size, bias }, [height, width, channels]) =>
    height * width * filters * (2 * size * size * channels + (bias === false ? 0 : 1)),
  axes: ({ name, bias }, _input, incoming) => ({
    axes: {
      [`${name}/kernel`]: [null, null, incoming, name],
      ...(bias === false ? {} : { [`${name}/bias`]: [name] }),
    },
    outgoing: name,
  }),
};
