import { createRequire } from 'node:module';
import { afterEach, beforeAll, beforeEach } from 'vitest';
import type { CnnSettings } from '../../../src-main/engine/networks/architectures/cnn.ts';
import type { Network } from '../../../src-main/engine/networks/specification.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import type { Tensor } from '../../../src-main/engine/tf.ts';
import type { NamedArrays, NetworkValues, Tensors } from '../../../src-main/engine/types.ts';

/** Computes a file's tests with tfjs's own kernels, and lets go of what each of them made. */
export function onPlainTensors(): void {
  beforeAll(async () => {
    createRequire(import.meta.url)('@tensorflow/tfjs');
    await tf.setBackend('cpu');
  });
  beforeEach(() => tf.engine().startScope());
  afterEach(() => tf.engine().endScope());
}

export const SETTINGS = {
  input: [4, 6, 2],
  conv: [3, 4],
  dense: 5,
  outputs: 3,
  init: 'torch-default',
} as const satisfies CnnSettings;

export function tensors(network: Network, values: NetworkValues): { params: Tensors; state: Tensors } {
  const convert = (specs: Network['params'], arrays: NamedArrays): Tensors =>
    Object.fromEntries(specs.map(({ name, shape }) => [name, tf.tensor(arrays[name], [...shape])]));
  return { params: convert(network.params, values.params), state: convert(network.state, values.state) };
}

export function normal(shape: number[], name: string): Tensor {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  stream(11, name).fillNormal(values, 0, 1);
  return tf.tensor(values, shape);
}

export function largestDifference(a: Tensor, b: Tensor): number {
  return Math.max(...tf.abs(tf.sub(a, b)).dataSync());
}
