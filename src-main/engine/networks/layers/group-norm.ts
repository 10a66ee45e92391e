import { z } from 'zod';
import { tf } from '../../tf.ts';
import { EngineError } from '../../types.ts';
import { product, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';

const NORM_EPSILON = 1e-5;

export interface GroupNormSpec {
  readonly kind: 'group-norm';
  /** Prefix of its tensors: that of the layer whose answers it normalises. */
  readonly name: string;
  /** Groups of neighbouring channels; each is normalised by itself, over all places of an example. */
  readonly groups: number;
}

/** Group normalisation (Wu & He 2018), with PyTorch's ε = 1e-5; the same in training and evaluation. */
export const groupNorm: LayerKind<GroupNormSpec> = {
  kind: 'group-norm',
  schema: z.strictObject({ kind: z.literal('group-norm'), name: z.string().min(1), groups: z.int().min(1) }),
  shape({ name, groups }, input) {
    const channels = input[input.length - 1];
    if (channels % groups !== 0)
      throw new EngineError(
        `The group norm of ${name} splits ${channels} channels into ${groups} groups, which are not of one size: ` +
          'choose a divisor.',
      );
    return input;
  },
  parameters({ name }, input) {
    const channels = input[input.length - 1];
    const fan = { in: channels, out: channels };
    return [
      { name: `${name}/scale`, shape: [channels], role: 'scale', fan },
      { name: `${name}/offset`, shape: [channels], role: 'offset', fan },
    ];
  },
  state: () => [],
  apply({ name, groups }, x, { params }) {
    const [batch, channels] = [x.shape[0], x.shape[x.rank - 1]];
    const grouped = tf.reshape(x, [batch, x.size / (batch * channels), groups, channels / groups]);
    const centred = tf.sub(grouped, tf.mean(grouped, [1, 3], true));
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), [1, 3], true), NORM_EPSILON));
    const normalised = tf.reshape(tf.mul(centred, scale), x.shape);
    return tf.add(tf.mul(normalised, tensorNamed(params, `${name}/scale`)), tensorNamed(params, `${name}/offset`));
  },
  flops: (_spec, input) => 7 * product(input),
  // Channels of several groups may not change places; those of one may.
  axes({ name, groups }, _input, incoming) {
    const moved = groups === 1 ? incoming : null;
    return {
      axes: { [`${name}/scale`]: [moved], [`${name}/offset`]: [moved] },
      outgoing: moved,
      fixes: groups === 1 || incoming === null ? [] : [incoming],
    };
  },
};
