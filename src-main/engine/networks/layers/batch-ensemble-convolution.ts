import { z } from 'zod';
import { tf } from '../../tf.ts';
import { assertRank4 } from '../ranks.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';
import { memberAxes, memberTensors, memberWise } from './member-wise.ts';

export interface BatchEnsembleConvolutionSpec {
  readonly kind: 'batch-ensemble-convolution';
  readonly name: string;
  readonly filters: number;
  readonly size: number;
  readonly members: number;
}

/**
 * A convolution of several members that share their filters (Wen, Tran & Ba 2020, section 3.1): as
 * `batch-ensemble-dense`, with factors by channel, for x [members · B, height, width, in].
 */
export const batchEnsembleConvolution: LayerKind<BatchEnsembleConvolutionSpec> = {
  kind: 'batch-ensemble-convolution',
  schema: z.strictObject({
    kind: z.literal('batch-ensemble-convolution'),
    name: z.string().min(1),
    filters: z.int().min(1),
    size: z.int().min(1),
    members: z.int().min(1),
  }),
  shape({ name, filters }, input) {
    checkRank(input, 3, `The convolution ${name}`);
    return [input[0], input[1], filters];
  },
  parameters({ name, filters, size, members }, [, , channels]) {
    const fan = { in: size * size * channels, out: size * size * filters };
    return [
      { name: `${name}/kernel`, shape: [size, size, channels, filters], role: 'kernel', fan },
      ...memberTensors(name, members, [channels, filters], fan),
    ];
  },
  state: () => [],
  apply({ name }, x, values) {
    const kernel = tensorNamed(values.params, `${name}/kernel`);
    assertRank4(kernel, `${name}/kernel`);
    return memberWise(name, x, values, (given) => {
      assertRank4(given, `The input of ${name}`);
      return tf.conv2d(given, kernel, 1, 'same');
    });
  },
  flops: ({ filters, size }, [height, width, channels]) =>
    height * width * (channels + filters * (2 * size * size * channels + 2)),
  axes: ({ name }, _input, incoming) => ({
    axes: { [`${name}/kernel`]: [null, null, incoming, name], ...memberAxes(name, incoming) },
    outgoing: name,
  }),
};
