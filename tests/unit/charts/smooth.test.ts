import { describe, expect, it } from 'vitest';
import { smooth, thin } from '../../../src-renderer/charts/options/smooth.ts';

describe('smoothing', () => {
  it('leaves a constant as it is, from the first point on', () => {
    const flat = Array.from({ length: 20 }, (_, x) => ({ x, y: 3 }));
    const smoothed = smooth(flat, 0.9);
    expect(smoothed.map(({ x }) => x)).toEqual(flat.map(({ x }) => x));
    for (const point of smoothed) expect(point.y).toBeCloseTo(3, 12);
  });
  it('is the weighted mean of all points so far', () => {
    const [, second] = smooth(
      [
        { x: 0, y: 1 },
        { x: 1, y: 4 },
      ],
      0.5,
    );
    // weights 0.5·0.5 and 0.5, normed: (0.25·1 + 0.5·4) / 0.75
    expect(second?.y).toBeCloseTo(3, 12);
  });
  it('gives the points back at weight 0', () => {
    const points = [{ x: 0, y: 1 }];
    expect(smooth(points, 0)).toBe(points);
  });
});

describe('thinning', () => {
  it('keeps ends, order and the one spike', () => {
    const points = Array.from({ length: 5000 }, (_, x) => ({ x, y: x === 3210 ? 50 : 0 }));
    const kept = thin(points, 200);
    expect(kept).toHaveLength(200);
    expect(kept[0]?.x).toBe(0);
    expect(kept.at(-1)?.x).toBe(4999);
    expect(kept.some((point) => point.y === 50)).toBe(true);
    expect(kept.every((point, i) => i === 0 || point.x > (kept[i - 1]?.x ?? 0))).toBe(true);
  });
});
