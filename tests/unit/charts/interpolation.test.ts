import { describe, expect, it } from 'vitest';
import { barrier } from '../../../src-renderer/charts/options/interpolation.ts';

describe('barrier', () => {
  it('is the largest height over the straight line between the ends', () => {
    const found = barrier(
      [
        { x: 1, y: 3 },
        { x: 0, y: 1 },
        { x: 0.5, y: 5 },
      ],
      'up',
    );
    expect(found).toEqual({ lambda: 0.5, height: 3, value: 5, chord: 2 });
  });
  it('is zero on a curve that sags, and turns round for accuracies', () => {
    const points = [
      { x: 0, y: 1 },
      { x: 0.5, y: 0.2 },
      { x: 1, y: 1 },
    ];
    expect(barrier(points, 'up')?.height).toBe(0);
    expect(barrier(points, 'down')?.height).toBeCloseTo(0.8, 12);
  });
  it('needs two ends', () => expect(barrier([{ x: 0, y: 1 }], 'up')).toBeNull());
});
