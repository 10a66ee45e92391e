import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { filterGradient, inputGradient } from '../../../src-main/engine/networks/wasm-convolution.ts';
import { product } from '../../../src-main/engine/networks/wasm-product.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
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
  it.each([
    [1, 'same', 3],
    [2, 'same', 3],
    [1, 'valid', 3],
    [2, 'valid', 2],
  ] as const)('agrees with tfjs on its CPU backend: stride %s, %s, %s taps each way', (stride, pad, taps) => {
    tf.tidy(() => {
      const x = normal([3, 7, 6, 4], 'x');
      const filter = normal([taps, taps, 4, 5], 'filter');
      const weights = tf.conv2d(x, filter, stride, pad);
      const dy = normal(weights.shape, 'dy');
      const expected = tf.grad((kernel) =>
        tf.sum(tf.mul(tf.conv2d(x, tf.reshape<typeof tf.Rank.R4>(kernel, filter.shape), stride, pad), dy)),
      )(filter);
      const got = filterGradient(x, dy, filter.shape, [stride, stride], pad);
      expect(Math.max(...tf.abs(tf.sub(got, expected)).dataSync())).toBeLessThan(1e-4);
    });
  });
});

describe('inputGradient', () => {
  it.each([
    [3, 3],
    [5, 1],
    [1, 3],
  ])('agrees with tfjs on its CPU backend: %s × %s taps', (height, width) => {
    tf.tidy(() => {
      const x = normal([3, 7, 6, 4], 'x');
      const filter = normal([height, width, 4, 5], 'filter');
      const dy = normal([3, 7, 6, 5], 'dy');
      const expected = tf.grad((input) =>
        tf.sum(tf.mul(tf.conv2d(tf.reshape<typeof tf.Rank.R4>(input, x.shape), filter, 1, 'same'), dy)),
      )(x);
      const got = inputGradient(dy, filter);
      expect(got.shape).toEqual(x.shape);
      expect(Math.max(...tf.abs(tf.sub(got, expected)).dataSync())).toBeLessThan(1e-4);
    });
  });
});

describe('product', () => {
  const shapes: readonly (readonly [number[], number[], boolean, boolean])[] = [
    // tall and wide factors, so that both ways of each form are taken
    [[64, 3], [64, 2], true, false],
    [[4, 30], [4, 20], true, false],
    [[3, 4], [50, 4], false, true],
    [[50, 4], [3, 4], false, true],
    [[5, 3], [7, 5], true, true],
    [[2, 6, 3], [2, 6, 4], true, false],
  ];
  it.each(shapes)(
    'of %j and %j, transposed %s and %s, agrees with tfjs on its CPU backend',
    (left, right, transposeA, transposeB) => {
      tf.tidy(() => {
        const values = (shape: number[], name: string) => {
          const data = new Float32Array(shape.reduce((a, b) => a * b));
          stream(2, name).fillNormal(data, 0, 1);
          return tf.tensor(data, shape);
        };
        const a = values(left, 'a'),
          b = values(right, 'b');
        const expected = tf.matMul(a, b, transposeA, transposeB),
          got = product(a, b, transposeA, transposeB);
        expect(got.shape).toEqual(expected.shape);
        expect(Math.max(...tf.abs(tf.sub(got, expected)).dataSync())).toBeLessThan(1e-4);
      });
    },
  );
});
