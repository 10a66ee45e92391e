import { tf } from '../tf.ts';
import type { Tensor, Tensor4D } from '../tf.ts';
import { EngineError } from '../types.ts';
import type { ApplyOptions, ParameterSpec, Tensors } from '../types.ts';
import { assertRank4 } from './ranks.ts';
import { fusedBatchNorm, hasFusedBatchNorm } from './tensorflow-batch-norm.ts';

/** Share of the running batch-norm statistics that each batch replaces (PyTorch's `momentum`). */
export const NORM_UPDATE = 0.1;
const NORM_EPSILON = 1e-5;

/** What one dense or convolutional layer consists of, in the order of its parameters. */
export interface LayerSpec {
  /** Prefix of its parameters and name of the permutation of its units: `dense0`, `conv2`, `output`. */
  readonly name: string;
  /** [in, out] or [height, width, in, out]. */
  readonly kernel: readonly number[];
  readonly batchNorm: boolean;
}

export function layerUnits(layer: LayerSpec): number {
  return layer.kernel[layer.kernel.length - 1];
}

export function layerParameters(layer: LayerSpec): ParameterSpec[] {
  const units = [layerUnits(layer)];
  const { name } = layer;
  const parameters: ParameterSpec[] = [
    { name: `${name}/kernel`, shape: layer.kernel, role: 'kernel' },
    { name: `${name}/bias`, shape: units, role: 'bias' },
  ];
  if (layer.batchNorm)
    parameters.push(
      { name: `${name}/scale`, shape: units, role: 'scale' },
      { name: `${name}/offset`, shape: units, role: 'offset' },
    );
  return parameters;
}

export function layerState(layer: LayerSpec): ParameterSpec[] {
  if (!layer.batchNorm) return [];
  const units = [layerUnits(layer)];
  return [
    { name: `${layer.name}/mean`, shape: units, role: 'mean' },
    { name: `${layer.name}/variance`, shape: units, role: 'variance' },
  ];
}

export function tensorNamed(tensors: Tensors, name: string): Tensor {
  const tensor = tensors[name];
  if (tensor === undefined)
    throw new EngineError(
      `The network needs a tensor "${name}"; given were: ${Object.keys(tensors).join(', ') || 'none'}.`,
    );
  return tensor;
}

/** x·W + b for x [batch, in], as `options.tap` lets it through. */
export function dense(params: Tensors, name: string, x: Tensor, options: ApplyOptions): Tensor {
  const output = tf.add(tf.matMul(x, tensorNamed(params, `${name}/kernel`)), tensorNamed(params, `${name}/bias`));
  return options.tap?.(name, x, output) ?? output;
}

/**
 * Stride-1 convolution that keeps height and width, plus bias, for x [batch, height, width, in], as `options.tap` lets
 * it through.
 */
export function convolution(params: Tensors, name: string, x: Tensor, options: ApplyOptions): Tensor {
  const kernel = tensorNamed(params, `${name}/kernel`);
  assertRank4(x, `The input of ${name}`);
  assertRank4(kernel, `${name}/kernel`);
  const output = tf.add(tf.conv2d(x, kernel, 1, 'same'), tensorNamed(params, `${name}/bias`));
  return options.tap?.(name, x, output) ?? output;
}

/** 2×2 maximum, stride 2; an odd last row or column is dropped. */
export function maxPool(x: Tensor): Tensor {
  assertRank4(x, 'The input of a pooling layer');
  return tf.maxPool(x, 2, 2, 'valid');
}

/**
 * Batch normalisation over every axis but the last (Ioffe & Szegedy 2015), with PyTorch's conventions: ε = 1e-5,
 * running statistics move by 0.1, the running variance is the unbiased one. In `eval` the running statistics are used
 * and stay.
 */
export function batchNorm(
  params: Tensors,
  state: Tensors,
  name: string,
  x: Tensor,
  mode: ApplyOptions['mode'],
): { y: Tensor; next: Tensors } {
  const running = { mean: tensorNamed(state, `${name}/mean`), variance: tensorNamed(state, `${name}/variance`) };
  const scale = tensorNamed(params, `${name}/scale`);
  const offset = tensorNamed(params, `${name}/offset`);
  const named = (statistics: { mean: Tensor; variance: Tensor }): Tensors => ({
    [`${name}/mean`]: statistics.mean,
    [`${name}/variance`]: statistics.variance,
  });
  const normalise = ({ mean, variance }: { mean: Tensor; variance: Tensor }): Tensor =>
    tf.add(tf.mul(tf.sub(x, mean), tf.mul(scale, tf.rsqrt(tf.add(variance, NORM_EPSILON)))), offset);
  if (mode === 'eval') return { y: normalise(running), next: named(running) };
  if (hasFusedBatchNorm()) {
    const { y, mean, variance } = fusedBatchNorm(asImages(x), scale, offset, running, NORM_EPSILON, NORM_UPDATE);
    return { y: tf.reshape(y, x.shape), next: named({ mean, variance }) };
  }
  const axes = Array.from({ length: x.rank - 1 }, (_, axis) => axis);
  const count = x.size / x.shape[x.rank - 1];
  const mean = tf.mean(x, axes);
  const variance = tf.mean(tf.square(tf.sub(x, mean)), axes);
  const unbiased = tf.mul(variance, count / Math.max(1, count - 1));
  const moved = (before: Tensor, batch: Tensor): Tensor =>
    tf.add(tf.mul(before, 1 - NORM_UPDATE), tf.mul(batch, NORM_UPDATE));
  return {
    y: normalise({ mean, variance }),
    next: named({ mean: moved(running.mean, mean), variance: moved(running.variance, unbiased) }),
  };
}

/** x [B, …, C] as [B, H, W, C]. */
function asImages(x: Tensor): Tensor4D {
  if (x.rank !== 4) return x.as4D(x.size / x.shape[x.rank - 1], 1, 1, x.shape[x.rank - 1]);
  assertRank4(x, 'The input of batch normalisation');
  return x;
}

/**
 * Inverted dropout (Srivastava et al. 2014): keeps each unit with probability 1 - rate and divides by it. The identity
 * in `eval` and without noise. `layer` separates the masks that one key gives to several layers.
 */
export function dropout(x: Tensor, rate: number, layer: number, options: ApplyOptions): Tensor {
  if (rate === 0 || options.mode === 'eval' || options.random === undefined) return x;
  const { scope, key } = options.random;
  const layerKey = layer === 0 ? key : tf.add(key, tf.tensor1d([layer, 0], 'int32'));
  const kept = tf.cast(tf.greaterEqual(scope.randomUniform(x.shape, layerKey), rate), 'float32');
  return tf.mul(x, tf.mul(kept, 1 / (1 - rate)));
}
