import { describe, expect, it } from 'vitest';
import { classScores, worstConfusions } from '../../../src-renderer/charts/options/confusion.ts';

describe('classes', () => {
  const counts = [
    [8, 2],
    [1, 9],
  ];
  it('scores recall, precision and F1', () => {
    const [first] = classScores(['a', 'b'], counts);
    expect(first).toMatchObject({ support: 10, recall: 0.8 });
    expect(first?.precision).toBeCloseTo(8 / 9, 12);
    expect(first?.f1).toBeCloseTo(16 / 19, 12);
  });
  it('does not invent a score for a class that never occurs', () =>
    expect(
      classScores(
        ['a', 'b'],
        [
          [0, 0],
          [0, 3],
        ],
      )[0]?.recall,
    ).toBeNaN());
  it('lists the worst confusions first', () =>
    expect(worstConfusions(['a', 'b'], counts, 5).map((each) => [each.truth, each.count])).toEqual([
      ['a', 2],
      ['b', 1],
    ]));
});
