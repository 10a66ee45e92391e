import { describe, expect, test } from 'vitest';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { blurred, noisy, ofContrast, shapedAs, turned } from '../../../src-main/suites/shared/image-looks.ts';
import type { ImageLook, ImageShape } from '../../../src-main/suites/shared/image-looks.ts';

const SHAPE: ImageShape = [4, 6, 3];
const SIZE = 72;
const image = Float32Array.from({ length: SIZE }, (_, at) => ((at * 37) % 100) / 100);
const seen = (look: ImageLook, x = image): Float32Array => {
  const out = new Float32Array(x.length);
  look(x, out, stream(2, 'look'));
  return out;
};

describe('looks of images', () => {
  test('turned by 180°: each colour upside down and mirrored', () => {
    const out = seen(turned(180, SHAPE));
    for (let pixel = 0; pixel < 24; pixel += 1)
      for (let c = 0; c < 3; c += 1) expect(out[pixel * 3 + c]).toBeCloseTo(image[(23 - pixel) * 3 + c], 4);
  });

  test('blurred: colours do not mix, and a point keeps its sum', () => {
    const point = new Float32Array(21 * 21 * 3);
    point[(10 * 21 + 10) * 3 + 1] = 1;
    const out = seen(blurred(1, [21, 21, 3]), point);
    const sum = (c: number): number => out.reduce((total, value, at) => total + (at % 3 === c ? value : 0), 0);
    expect([sum(0), sum(1), sum(2)]).toEqual([0, expect.closeTo(1, 5), 0]);
    expect(out[(10 * 21 + 12) * 3 + 1] / out[(10 * 21 + 10) * 3 + 1]).toBeCloseTo(Math.exp(-2), 5);
  });

  test('of contrast: the mean stays, distances from it shrink', () => {
    const mean = (x: Float32Array): number => x.reduce((sum, value) => sum + value, 0) / x.length;
    const out = seen(ofContrast(0.3));
    expect(mean(out)).toBeCloseTo(mean(image), 6);
    expect(out[5] - mean(out)).toBeCloseTo(0.3 * (image[5] - mean(image)), 6);
  });

  test('noisy: within [0, 1], the same from the same stream', () => {
    const out = seen(noisy(0.4));
    expect(Math.max(...out)).toBeLessThanOrEqual(1);
    expect(Math.min(...out)).toBeGreaterThanOrEqual(0);
    expect(seen(noisy(0.4))).toEqual(out);
  });

  test('of another shape: cut, set into zeros, grey and coloured; there and back is the image', () => {
    const grey = Float32Array.of(1, 2, 3, 4);
    const set = shapedAs(grey, [2, 2, 1], [4, 4, 3]);
    expect(set.reduce((a, b) => a + b, 0)).toBe(30);
    expect([...set.subarray((1 * 4 + 1) * 3, (1 * 4 + 1) * 3 + 6)]).toEqual([1, 1, 1, 2, 2, 2]);
    shapedAs(set, [4, 4, 3], [2, 2, 1]).forEach((value, at) => expect(value).toBeCloseTo(grey[at], 5));
    expect(() => shapedAs(grey, [2, 1, 2], [2, 1, 3])).toThrow('2 channels');
  });
});
