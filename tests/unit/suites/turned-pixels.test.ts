import { describe, expect, test } from 'vitest';
import { turnedPixels } from '../../../src-main/suites/continual/shared/permuted-suite.ts';

const image = Int32Array.from({ length: 16 }, (_, pixel) => pixel);
const turned = (degrees: number): number[] => [...turnedPixels(4, degrees)].map((pixel) => image[pixel]);

describe('images that are turned', () => {
  test('by nothing, a quarter counter-clockwise (as numpy.rot90) and a half', () => {
    expect(turned(0)).toEqual([...image]);
    expect(turned(90)).toEqual([3, 7, 11, 15, 2, 6, 10, 14, 1, 5, 9, 13, 0, 4, 8, 12]);
    expect(turned(180)).toEqual([...image].reverse());
  });

  test('by an eighth: corners come from outside and show the background', () => {
    const order = turnedPixels(28, 45);
    for (const corner of [0, 27, 28 * 27, 28 * 28 - 1]) expect(order[corner]).toBe(0);
    // The centre stays near the centre.
    expect(Math.abs(Math.floor(order[14 * 28 + 14] / 28) - 14)).toBeLessThanOrEqual(1);
  });
});
