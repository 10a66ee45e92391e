import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { stream } from '../../../../src-main/engine/streams.ts';
import { tf } from '../../../../src-main/engine/tf.ts';
import { smoothedCrossEntropy } from '../../../../src-main/methods/training/label-smoothing.ts';
import { symmetricBeta } from '../../../../src-main/methods/training/mixup.ts';
import { augment, drawAugmentation } from '../../../../src-main/methods/training/shared/augment.ts';

beforeAll(async () => {
  createRequire(import.meta.url)('@tensorflow/tfjs');
  await tf.setBackend('cpu');
});

describe('augment', () => {
  it('cuts the named window out of the padded image, mirrored where asked', () => {
    const [batch, height, width, channels, pad] = [3, 4, 5, 2, 2];
    const pixels = Float32Array.from({ length: batch * height * width * channels }, (_, at) => at + 1);
    const drawn = [[2, 2, 0], [0, 3, 1], [4, 1, 0]];
    const got = tf.tidy(() => augment(tf.tensor(pixels, [batch, height, width, channels]), tf.tensor2d(drawn, [3, 3], 'int32'), pad).dataSync());
    const at = (b: number, h: number, w: number, c: number): number => (h < 0 || h >= height || w < 0 || w >= width ? 0 : pixels[((b * height + h) * width + w) * channels + c]);
    let index = 0;
    for (let b = 0; b < batch; b += 1) for (let h = 0; h < height; h += 1) for (let w = 0; w < width; w += 1) for (let c = 0; c < channels; c += 1) {
      const [down, right, mirrored] = drawn[b];
      const column = mirrored === 1 ? width - 1 - w : w;
      expect(got[index]).toBe(at(b, h + down - pad, column + right - pad, c));
      index += 1;
    }
  });

  it('draws every offset and both directions, and never mirrors where that is not allowed', () => {
    const drawn = drawAugmentation(stream(1, 'a'), 500, { flip: true, pad: 1 });
    for (const column of [0, 1]) expect(new Set(drawn.filter((_, at) => at % 3 === column))).toEqual(new Set([0, 1, 2]));
    expect(new Set(drawn.filter((_, at) => at % 3 === 2))).toEqual(new Set([0, 1]));
    expect(new Set(drawAugmentation(stream(1, 'a'), 500, { flip: false, pad: 1 }).filter((_, at) => at % 3 === 2))).toEqual(new Set([0]));
  });
});

describe('smoothedCrossEntropy', () => {
  it('is the cross-entropy against smoothed labels', () => {
    const logits = [[2, -1, 0.5], [0, 1, 3]];
    const labels = [0, 1];
    const epsilon = 0.3;
    const expected = logits.reduce((sum, row, at) => {
      const normaliser = Math.log(row.reduce((total, value) => total + Math.exp(value), 0));
      return sum - row.reduce((inner, value, c) => inner + (epsilon / 3 + (c === labels[at] ? 1 - epsilon : 0)) * (value - normaliser), 0);
    }, 0) / 2;
    expect(tf.tidy(() => smoothedCrossEntropy(tf.tensor2d(logits), tf.tensor1d(labels, 'int32'), epsilon).dataSync()[0])).toBeCloseTo(expected, 5);
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
