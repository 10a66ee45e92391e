import { z } from 'zod';
import { tf } from '../../tf.ts';
import type { Tensor, Tensor4D } from '../../tf.ts';
import { assertRank4 } from '../ranks.ts';
import { fusedBatchNorm, hasFusedBatchNorm } from '../tensorflow-batch-norm.ts';
import { product, tensorNamed } from './layer.ts';
import type { LayerKind, LayerTensor } from './layer.ts';

/** Share of the running batch-norm statistics that each batch replaces (PyTorch's `momentum`). */
export const NORM_UPDATE = 0.1;
/** Added to the variance. */
export const NORM_EPSILON = 1e-5;

export interface BatchNormSpec {
  readonly kind: 'batch-norm';
  /** Prefix of its tensors: that of the layer whose answers it normalises. */
  readonly name: string;
}

/**
 * Batch normalisation over every axis but the last (Ioffe & Szegedy 2015), with PyTorch's conventions: ε = 1e-5,
 * running statistics move by 0.1, the running variance is the unbiased one. In `eval` the running statistics are used
 * and stay.
 */
export const batchNorm: LayerKind<BatchNormSpec> = {
  kind: 'batch-norm',
  schema: z.strictObject({ kind: z.literal('batch-norm'), name: z.string().min(1) }),
  shape: (_spec, input) => input,
  parameters: ({ name }, input) => tensors(name, input, ['scale', 'offset']),
  state: ({ name }, input) => tensors(name, input, ['mean', 'variance']),
  apply({ name }, x, { params, state, next }, { mode }) {
    const running = { mean: tensorNamed(state, `${name}/mean`), variance: tensorNamed(state, `${name}/variance`) };
    const scale = tensorNamed(params, `${name}/scale`);
    const offset = tensorNamed(params, `${name}/offset`);
    const move = (statistics: { mean: Tensor; variance: Tensor }): void => {
      next[`${name}/mean`] = statistics.mean;
      next[`${name}/variance`] = statistics.variance;
    };
    const normalise = ({ mean, variance }: { mean: Tensor; variance: Tensor }): Tensor =>
      tf.add(tf.mul(tf.sub(x, mean), tf.mul(scale, tf.rsqrt(tf.add(variance, NORM_EPSILON)))), offset);
    if (mode === 'eval') {
      move(running);
      return normalise(running);
    }
    if (hasFusedBatchNorm()) {
      const { y, mean, variance } = fusedBatchNorm(asImages(x), scale, offset, running, NORM_EPSILON, NORM_UPDATE);
      move({ mean, variance });
      return tf.reshape(y, x.shape);
    }
    const axes = Array.from({ length: x.rank - 1 }, (_, axis) => axis);
    const count = x.size / x.shape[x.rank - 1];
    const mean = tf.mean(x, axes);
    const variance = tf.mean(tf.square(tf.sub(x, mean)), axes);
    const unbiased = tf.mul(variance, count / Math.max(1, count - 1));
    const moved = (before: Tensor, batch: Tensor): Tensor =>
      tf.add(tf.mul(before, 1 - NORM_UPDATE), tf.mul(batch, NORM_UPDATE));
    const y = normalise({ mean, variance });
    move({ mean: moved(running.mean, mean), variance: moved(running.variance, unbiased) });
    return y;
  },
  flops: (_spec, input) => 4 * product(input),
  axes: ({ name }, _input, incoming) => ({
    axes: Object.fromEntries(
      ['scale', 'offset', 'mean', 'variance'].map((role) => [`${name}/${role}`, [incoming]] as const),
    ),
    outgoing: incoming,
  }),
};

function tensors(name: string, input: readonly number[], roles: readonly LayerTensor['role'][]): LayerTensor[] {
  const units = input[input.length - 1];
  return roles.map((role) => ({ name: `${name}/${role}`, shape: [units], role, fan: { in: units, out: units } }));
}

/** x [B, …, C] as [B, H, W, C]. */
function asImages(x: Tensor): Tensor4D {
  if (x.rank !== 4) return x.as4D(x.size / x.shape[x.rank - 1], 1, 1, x.shape[x.rank - 1]);
  assertRank4(x, 'The input of batch normalisation');
  return x;
}
