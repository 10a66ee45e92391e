import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { filterGradient } from '../../../src-main/engine/networks/wasm-convolution.ts';
import { stream } from '../../../src-main/engine/streams.ts';
import { tf } from '../../../src-main/engine/tf.ts';

beforeAll(async () => {
  createRequire(import.meta.url)('@tensorflow/tfjs');
  await tf.setBackend('cpu');
});

function normal(shape: [number, number, number, number], name: string) {
  const values = new Float32Array(shape.reduce((a, b) => a * b));
  stream(1, name).fillNormal(values, 0, 1);
  return tf.tensor4d(values, shape);
}

describe('filterGradient', () => {
  it.each([[1, 'same', 3], [2, 'same', 3], [1, 'valid', 3], [2, 'valid', 2]] as const)('agrees with tfjs on its CPU backend: stride %s, %s, %s taps each way', (stride, pad, taps) => {
    tf.tidy(() => {
      const x = normal([3, 7, 6, 4], 'x');
      const filter = normal([taps, taps, 4, 5], 'filter');
      const weights = tf.conv2d(x, filter, stride, pad);
      const dy = normal(weights.shape, 'dy');
      const expected = tf.grad((kernel) => tf.sum(tf.mul(tf.conv2d(x, tf.reshape<typeof tf.Rank.R4>(kernel, filter.shape), stride, pad), dy)))(filter);
      const got = filterGradient(x, dy, filter.shape, [stride, stride], pad);
      expect(Math.max(...tf.abs(tf.sub(got, expected)).dataSync())).toBeLessThan(1e-4);
    });
  });
});
