import { describe, expect, test } from 'vitest';
import { median, medianInterval, quantile } from '../../../src-main/bench/interval.ts';

const first = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('interval of the median', () => {
  // Ranks and coverages from the table of Conover, Practical Nonparametric Statistics (binomial, p = ½).
  test.each([
    [6, 1, 6, 0.969],
    [10, 2, 9, 0.979],
    [15, 4, 12, 0.965],
    [20, 6, 15, 0.959],
    [25, 8, 18, 0.957],
    [30, 10, 21, 0.957],
  ])('%i values: from the %ith to the %ith', (n, low, high, coverage) => {
    const found = medianInterval(first(n).reverse());
    expect([found.low, found.high]).toEqual([low, high]);
    expect(found.coverage).toBeCloseTo(coverage, 3);
  });

  test('too few values: the whole range, and it says how much that is worth', () => {
    expect(medianInterval([3, 1, 2])).toEqual({ low: 1, high: 3, coverage: 0.75 });
    expect(medianInterval([7])).toEqual({ low: 7, high: 7, coverage: 0 });
    expect(() => medianInterval([])).toThrow(RangeError);
  });

  test('holds the median as often as it says', () => {
    // A fixed linear congruential sequence; 2,000 samples of 15 from a skewed distribution whose median is ln 2.
    let state = 12345;
    const uniform = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    let held = 0;
    for (let sample = 0; sample < 2000; sample++) {
      const { low, high } = medianInterval(Array.from({ length: 15 }, () => -Math.log(1 - uniform())));
      if (low <= Math.LN2 && Math.LN2 <= high) held++;
    }
    expect(held / 2000).toBeGreaterThan(0.95);
    expect(held / 2000).toBeLessThan(0.985);
  });
});

test('median and quantiles', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  // numpy.quantile([1, 2, 4, 8, 16], 0.95) = 14.4
  expect(quantile([16, 1, 8, 2, 4], 0.95)).toBeCloseTo(14.4, 10);
  expect(() => median([])).toThrow(RangeError);
});
