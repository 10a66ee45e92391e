import { createRequire } from 'node:module';
import { beforeAll, expect, it } from 'vitest';
import { tf } from '../../../../src-main/engine/tf.ts';
import { gaussianLoss, mixture } from '../../../../src-main/methods/training/shared/gaussian.ts';

beforeAll(async () => {
  createRequire(import.meta.url)('@tensorflow/tfjs');
  await tf.setBackend('cpu');
});

/** What a network answers where the variance is this: softplus(s) + 1e-6. */
const raw = (variance: number): number => Math.log(Math.expm1(variance - 1e-6));

it('the loss is the negative log-likelihood, constant included', () => {
  // ½ ln(2π·2) + 1/4 and ½ ln(2π·½) + 9: their mean.
  const outputs = tf.tensor2d([
    [0, raw(2)],
    [4, raw(0.5)],
  ]);
  const expected = (0.5 * Math.log(4 * Math.PI) + 0.25 + 0.5 * Math.log(Math.PI) + 9) / 2;
  expect(gaussianLoss(outputs, tf.tensor2d([[1], [1]])).dataSync()[0]).toBeCloseTo(expected, 5);
});

it('members become one by mean and variance of their mixture, in the units of the target', () => {
  // Standardised: means 1 and 3, variances 1 and 2: mean 2, variance 1.5 + (1 + 9)/2 − 4 = 2.5.
  const members = [Float32Array.of(1, 5, raw(1), raw(4)), Float32Array.of(3, 5, raw(2), raw(4))];
  const { values, deviations } = mixture(members, { names: ['a', 'b'], mean: 10, deviation: 3 });
  expect([...values]).toEqual([16, 25]);
  expect(deviations?.[0]).toBeCloseTo(3 * Math.sqrt(2.5), 5);
  expect(deviations?.[1]).toBeCloseTo(3 * 2, 5);
});
