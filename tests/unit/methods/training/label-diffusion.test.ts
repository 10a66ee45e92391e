import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../../../../src-main/engine/tf.ts';
import type { Tensor } from '../../../../src-main/engine/tf.ts';
import {
  denoised,
  denoisingLoss,
  labelDiffusion,
  noisedLabel,
} from '../../../../src-main/methods/training/shared/label-diffusion.ts';
import known from '../../../fixtures/methods/noprop.json' with { type: 'json' };

beforeAll(async () => {
  createRequire(import.meta.url)('@tensorflow/tfjs');
  await tf.setBackend('cpu');
});

const BLOCKS = 4;
const ETA = 0.1;
const diffusion = labelDiffusion(BLOCKS);
const close = (actual: Tensor, expected: readonly (readonly number[])[]): void => {
  const values = actual.dataSync();
  expected.flat().forEach((value, at) => expect(values[at]).toBeCloseTo(value, 5));
};
const label = (): Tensor => tf.oneHot(tf.tensor1d(known.y, 'int32'), BLOCKS).toFloat();
/** The block of the known answers: û = softmax([x, z]·W + b). */
const block = (z: Tensor, weights: Tensor, bias: Tensor): Tensor =>
  tf.softmax(tf.add(tf.matMul(tf.concat([tf.tensor2d(known.x), z], 1), weights), bias));

describe('label diffusion', () => {
  it('has the published coefficients', () => {
    known.alphaBar.forEach((value, t) => expect(diffusion.alphaBar[t]).toBeCloseTo(value, 9));
    known.snr.forEach((value, t) => expect(diffusion.signalToNoise[t]).toBeCloseTo(value, 9));
    for (const name of ['a', 'b', 'c'] as const)
      known[name].forEach((value, index) => expect(diffusion.steps[index][name]).toBeCloseTo(value, 9));
  });

  it.each([1, 2, 10, 50])('maps the noised label of a step to that of the next, with %i blocks', (blocks) => {
    const { alphaBar, steps } = labelDiffusion(blocks);
    steps.forEach(({ a, b, c }, index) => {
      const [before, after] = [alphaBar[index], alphaBar[index + 1]];
      expect(a + b * Math.sqrt(before)).toBeCloseTo(Math.sqrt(after), 12);
      expect(b ** 2 * (1 - before) + c).toBeCloseTo(1 - after, 12);
    });
  });

  it('noises labels, and weighs what a block gets wrong, as an independent program does', () => {
    known.z.forEach((expected, t) => close(noisedLabel(diffusion, t, label(), tf.tensor2d(known.noise[t])), expected));
    Object.values(known.blocks).forEach((expected, index) => {
      const z = tf.tensor2d(known.z[index]);
      const loss = (weights: Tensor, bias: Tensor) =>
        denoisingLoss(diffusion, index + 1, ETA, block(z, weights, bias), label());
      const { value, grads } = tf.valueAndGrads(loss)([tf.tensor2d(known.W), tf.tensor1d(known.bias)]);
      expect(value.dataSync()[0]).toBeCloseTo(expected.loss, 6);
      close(grads[0], expected['gradient W']);
      close(grads[1], [expected['gradient b']]);
    });
  });

  it('brings noise back to a label, as an independent program does', () => {
    let z: Tensor = tf.tensor2d(known.noise[0]);
    for (let t = 1; t <= BLOCKS; t += 1) {
      const predicted = block(z, tf.tensor2d(known.W), tf.tensor1d(known.bias));
      z = denoised(diffusion, t, z, predicted, tf.tensor2d(known.noise[t]));
      close(z, known.inference[t]);
    }
  });
});
