import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { tf } from '../../../../src-main/engine/tf.ts';
import { smoothedCrossEntropy } from '../../../../src-main/methods/training/label-smoothing.ts';
import { symmetricBeta } from '../../../../src-main/methods/training/mixup.ts';

beforeAll(async () => {
  createRequire(import.meta.url)('@tensorflow/tfjs');
  await tf.setBackend('cpu');
});

describe('smoothedCrossEntropy', () => {
  it('is the cross-entropy against smoothed labels', () => {
    const logits = [
      [2, -1, 0.5],
      [0, 1, 3],
    ];
    const labels = [0, 1];
    const epsilon = 0.3;
    const expected =
      logits.reduce((sum, row, at) => {
        const normaliser = Math.log(row.reduce((total, value) => total + Math.exp(value), 0));
        return (
          sum -
          row.reduce(
            (inner, value, c) => inner + (epsilon / 3 + (c === labels[at] ? 1 - epsilon : 0)) * (value - normaliser),
            0,
          )
        );
      }, 0) / 2;
    expect(
      tf.tidy(() => smoothedCrossEntropy(tf.tensor2d(logits), tf.tensor1d(labels, 'int32'), epsilon).dataSync()[0]),
    ).toBeCloseTo(expected, 5);
  });
});

describe('symmetricBeta', () => {
  it.each([0.05, 0.2, 1, 3])('has mean ½ and variance 1/(4(2α+1)) at α = %s', (alpha) => {
    const source = stream(2, `beta${alpha}`);
    const values = Float64Array.from({ length: 40_000 }, () => symmetricBeta(source, alpha));
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(0.5, 1.7);
    expect(variance * 4 * (2 * alpha + 1)).toBeCloseTo(1, 1.4);
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
  });
});
