import { z } from 'zod';
import { tf } from '../../tf.ts';
import { assertRank4 } from '../ranks.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface MaxoutConvolutionSpec {
  readonly kind: 'maxout-convolution';
  readonly name: string;
  readonly filters: number;
  readonly size: number;
  readonly pieces: number;
}

/**
 * Convolutional maxout (Goodfellow et al. 2013, section 3): at each place the maximum over the pieces of a filter.
 * Filters `<name>/kernel` [size, size, in, pieces · filters], a piece of all filters together; `<name>/bias`
 * [pieces · filters].
 */
export const maxoutConvolution: LayerKind<MaxoutConvolutionSpec> = {
  kind: 'maxout-convolution',
  schema: z.strictObject({
    kind: z.literal('maxout-convolution'),
    name: z.string().min(1),
    filters: z.int().min(1),
    size: z.int().min(1),
    pieces: z.int().min(1),
  }),
  shape({ name, filters }, input) {
    checkRank(input, 3, `The maxout convolution ${name}`);
    return [input[0], input[1], filters];
  },
  parameters({ name, filters, size, pieces }, [, , channels]) {
    const fan = { in: size * size * channels, out: size * size * filters };
    return [
      { name: `${name}/kernel`, shape: [size, size, channels, pieces * filters], role: 'kernel', fan },
      { name: `${name}/bias`, shape: [pieces * filters], role: 'bias', fan },
    ];
  },
  state: () => [],
  apply({ name, filters, pieces }, x, { params }) {
    const kernel = tensorNamed(params, `${name}/kernel`);
    assertRank4(x, `The input of ${name}`);
    assertRank4(kernel, `${name}/kernel`);
    const filtered = tf.add(tf.conv2d(x, kernel, 1, 'same'), tensorNamed(params, `${name}/bias`));
    return tf.max(tf.reshape(filtered, [...filtered.shape.slice(0, 3), pieces, filters]), 3);
  },
  flops: ({ filters, size, pieces }, [height, width, channels]) =>
    height * width * pieces * filters * (2 * size * size * channels + 2),
  axes: ({ name }) => ({
    axes: { [`${name}/kernel`]: [null, null, null, null], [`${name}/bias`]: [null] },
    outgoing: null,
  }),
};
