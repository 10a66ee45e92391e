import { describe, expect, it } from 'vitest';
import { forgettingSeries } from '../../../src-renderer/charts/options/forgetting.ts';
import { lightStyle } from '../../../src-renderer/charts/style.ts';

describe('forgetting lines', () => {
  it('start where a task is learnt and carry the mean over seen tasks', () => {
    const series = forgettingSeries(
      [
        [0.9, 0.1],
        [0.5, 0.7],
      ],
      lightStyle,
    );
    expect(series.map((each) => each.points)).toEqual([
      [
        { x: 1, y: 0.9 },
        { x: 2, y: 0.5 },
      ],
      [{ x: 2, y: 0.7 }],
      [
        { x: 1, y: 0.9 },
        { x: 2, y: 0.6 },
      ],
    ]);
  });
});
