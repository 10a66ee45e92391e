import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../../../src-main/engine/tf.ts';
import { cutWindows } from '../../../src-main/methods/shared/augmentation.ts';

beforeAll(async () => {
  createRequire(import.meta.url)('@tensorflow/tfjs');
  await tf.setBackend('cpu');
});

describe('cutWindows', () => {
  it('cuts the named window out of the padded image, mirrored where asked', () => {
    const [batch, height, width, channels, pad] = [3, 4, 5, 2, 2];
    const pixels = Float32Array.from({ length: batch * height * width * channels }, (_, at) => at + 1);
    const windows = [
      [2, 2, 0],
      [0, 3, 1],
      [4, 1, 0],
    ];
    const got = tf.tidy(() =>
      cutWindows(
        tf.tensor(pixels, [batch, height, width, channels]),
        tf.tensor2d(windows, [3, 3], 'int32'),
        pad,
      ).dataSync(),
    );
    const at = (b: number, h: number, w: number, c: number): number =>
      h < 0 || h >= height || w < 0 || w >= width ? 0 : pixels[((b * height + h) * width + w) * channels + c];
    let index = 0;
    for (let b = 0; b < batch; b += 1)
      for (let h = 0; h < height; h += 1)
        for (let w = 0; w < width; w += 1)
          for (let c = 0; c < channels; c += 1) {
            const [down, right, mirrored] = windows[b];
            const column = mirrored === 1 ? width - 1 - w : w;
            expect(got[index]).toBe(at(b, h + down - pad, column + right - pad, c));
            index += 1;
          }
  });
});
