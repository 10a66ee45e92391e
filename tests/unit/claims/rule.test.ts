import { describe, expect, test } from 'vitest';
import {
  judgeIdentity,
  judgeOrdering,
  judgeValue,
  printedRounding,
  publishedSem,
  tolerance,
  wordFor,
} from '../../../src-main/metrics/claims/rule.ts';

/** DESIGN.md, "A claim column", by hand-computed numbers. */

const published = (value: number, spread: number | null = null, n: number | null = null, decimals?: number) => ({
  value,
  spread,
  n,
  decimals,
});

describe('the published standard error', () => {
  test('a standard deviation over n runs becomes one; an unknown spread is unknown', () => {
    expect(publishedSem({ spread: 0.02, n: 4 }, 'standard deviation')).toBe(0.01);
    expect(publishedSem({ spread: 0.02, n: 4 }, 'standard error')).toBe(0.02);
    expect(publishedSem({ spread: 0.02, n: null }, 'standard deviation')).toBeNull();
    expect(publishedSem({ spread: null, n: 10 }, 'standard deviation')).toBeNull();
    expect(publishedSem({ spread: 0.02, n: 4 }, 'none')).toBeNull();
  });
});

describe('the tolerance', () => {
  test.each([
    // .02/√4 = .01 and .04: 3·√(.0001 + .0016) = .12369…
    [published(0.9, 0.02, 4), 0.04, 3 * Math.sqrt(0.0017)],
    // Nothing is known and nothing varies: two points.
    [published(0.9), 0, 0.02],
    // 3·.005 = .015 is under two points.
    [published(0.9, 0.01, 4), 0, 0.02],
  ])('of the share %o, measured with SEM %d: %d', (value, sem, allowed) => {
    expect(tolerance(value, 'standard deviation', sem, 'share')).toBeCloseTo(allowed, 12);
  });
  test.each([
    // Nats without a spread: 2 % of .8 is .016; 3·√(.016² + .012²) = 3·.02 = .06.
    [published(0.8), 0.012, 0.06],
    // With a spread the 2 % are not used: 3·√(.003² + .004²) = .015.
    [published(0.8, 0.006, 4, 3), 0.004, 0.015],
    // Two points would be ten times this loss: other units have no such floor. 3·.02·.002 = .00012 is under the half of
    // the last digit.
    [published(0.002), 0, 0.0005],
    // A negative value: 2 % of its size.
    [published(-0.5, null, null, 2), 0, 0.03],
    // 0 printed without decimals: ± .5.
    [published(0), 0, 0.5],
  ])('of %o nats, measured with SEM %d: %d', (value, sem, allowed) => {
    expect(tolerance(value, 'standard deviation', sem, 'nats')).toBeCloseTo(allowed, 12);
  });
  test.each([
    [0.835786, 5e-7],
    [0.037, 5e-4],
    [12, 0.5],
    [1.5e-7, 5e-9],
    [-2.25, 5e-3],
  ])('the rounding of %d is %d', (value, half) => {
    expect(printedRounding({ value })).toBeCloseTo(half, 15);
  });
  test('a source that prints .500 is known to three decimals', () => {
    expect(printedRounding({ value: 0.5, decimals: 3 })).toBe(0.0005);
  });
});

describe('values', () => {
  test.each([
    [[0.88, 0.88], true],
    [[0.8799, 0.8799], false],
    [[0.92, 0.92], true],
    [[0.9201, 0.9201], false],
    // Mean .85, deviation .0707…, SEM .05: allowed .15.
    [[0.8, 0.9], true],
  ])('%o against .90 without a spread: %s', (values, isMet) => {
    expect(judgeValue(published(0.9), 'none', values, 'share')?.isMet).toBe(isMet);
  });
  test('says how far off and how far allowed', () => {
    expect(judgeValue(published(0.9), 'none', [0.8, 0.9], 'share')).toEqual({
      isMet: true,
      distance: expect.closeTo(0.05, 12),
      allowed: expect.closeTo(0.15, 12),
    });
  });
  test('one seed has no standard error, so that nothing is said', () => {
    expect(judgeValue(published(0.9), 'none', [0.9], 'share')).toBeNull();
    expect(judgeValue(published(0.9), 'none', [], 'share')).toBeNull();
  });
  test('a loss that two points would let through', () => {
    // Published .016, measured .030 with no deviation: off by .014; allowed 3·.02·.016 = .00096.
    expect(judgeValue(published(0.016), 'none', [0.03, 0.03], 'nats')?.isMet).toBe(false);
    expect(judgeValue(published(0.016), 'none', [0.0165, 0.0165], 'nats')?.isMet).toBe(true);
  });
});

describe('orderings', () => {
  test.each([
    // Mean .03, deviation .0158114, t(4, .975) = 2.776445: ± .0196325.
    [[0.01, 0.02, 0.03, 0.04, 0.05], false, true],
    [[0.01, 0.02, 0.03, 0.04, 0.05], true, false],
    [[-0.01, -0.02, -0.03, -0.04, -0.05], true, true],
    // Mean .01 ± .0196: holds zero.
    [[-0.01, 0, 0.01, 0.02, 0.03], false, false],
    // Equal to the last bit: nothing was shown.
    [[0, 0, 0, 0, 0], false, false],
    [[0.1, 0.1, 0.1, 0.1], false, null],
    [[], false, null],
  ])('%o, lower is better %s: %s', (differences, isLowerBetter, isMet) => {
    expect(judgeOrdering(differences, isLowerBetter)).toBe(isMet);
  });
});

test('a method that may come so much after another', () => {
  const differences = [-0.004, -0.006, -0.005, -0.003, -0.007];
  expect(judgeOrdering(differences, false)).toBe(false);
  expect(judgeOrdering(differences, false, 1, 0.01)).toBe(true);
  expect(judgeOrdering(differences, false, 1, 0.005)).toBe(false);
  expect(judgeOrdering([0.02, 0.03, 0.01, 0.02, 0.02], true, 1, 0.01)).toBe(false);
});

describe('identities', () => {
  const times = (n: number, one: number, other: number) =>
    Array.from({ length: n }, (): [number, number] => [one, other]);
  const cases: [pairs: [number, number][], isMet: boolean | null][] = [
    [times(5, 0.5, 0.5), true],
    [times(4, 0.5, 0.5), null],
    // Single precision: a millionth of 1, or of a larger number.
    [times(5, 0, 1e-6), true],
    [times(5, 0, 2e-6), false],
    [times(5, 1000, 1000.0009), true],
    [[...times(9, 0.5, 0.5), [0.5, 0.51]], false],
  ];
  test.each(cases)('%o: %s', (pairs, isMet) => {
    expect(judgeIdentity(pairs)).toBe(isMet);
  });
});

test('only the published protocol is reproduced or off', () => {
  expect([
    wordFor('published', true),
    wordFor('published', false),
    wordFor('ours', true),
    wordFor('ours', false),
  ]).toEqual(['reproduced', 'off', 'holds here', 'does not hold here']);
});
