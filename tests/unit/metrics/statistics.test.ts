import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import * as aggregates from '../../../src-main/metrics/statistics/aggregates.ts';
import {
  chiSquareP,
  normalCdf,
  studentizedRangeCdf,
  tQuantile,
  tTwoSidedP,
} from '../../../src-main/metrics/statistics/distributions.ts';
import { bradleyTerryElo, eloIntervals, winCounts } from '../../../src-main/metrics/statistics/elo.ts';
import { tInterval } from '../../../src-main/metrics/statistics/estimates.ts';
import { holm, pairedT, wilcoxonSignedRank } from '../../../src-main/metrics/statistics/paired.ts';
import {
  averageRanks,
  criticalDifference,
  criticalDifferenceGroups,
  friedman,
  nemenyi,
  nemenyiQ,
} from '../../../src-main/metrics/statistics/ranks.ts';

const numbers = z.array(z.number());
const known = z
  .object({
    posthocs_block: z.object({
      data: z.array(numbers),
      friedman_chi2: z.number(),
      friedman_p: z.number(),
      mean_ranks_asc: numbers,
      nemenyi_p_exact: z.record(z.string(), z.number()),
    }),
    nemenyi_q: z.record(z.string(), z.record(z.string(), z.number())),
    bradley_terry_elo_2_methods_3_wins_of_4: z.number(),
    bencheval_fixture: z.object({
      errors: z.object({ A: numbers, B: numbers, C: numbers }),
      rank: numbers,
      winrate: numbers,
      mrr: numbers,
      improvability: numbers,
      relative_error_vs_A: numbers,
      mean_error: numbers,
      frontier_advantage: numbers,
      baseline_advantage_vs_A: numbers,
      loss_rescaled_B_t1: z.number(),
    }),
  })
  .parse(JSON.parse(readFileSync(new URL('../../fixtures/metrics/known_answers.json', import.meta.url), 'utf8')));

const near = (actual: readonly number[], expected: readonly number[], digits = 9): void => {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? Number.NaN, digits));
};

describe('distributions, against printed tables', () => {
  test.each([
    [1, 12.7062047],
    [2, 4.3026527],
    [4, 2.7764451],
    [9, 2.2621572],
    [19, 2.093024],
    [99, 1.9842169],
  ])('t factor of a 95 per cent interval, %i degrees of freedom', (df, expected) => {
    expect(tQuantile(0.95, df)).toBeCloseTo(expected, 6);
    expect(tTwoSidedP(expected, df)).toBeCloseTo(0.05, 6);
  });
  test('t with one degree of freedom is Cauchy: P(|T| ≥ 1) = 1/2', () => expect(tTwoSidedP(1, 1)).toBeCloseTo(0.5, 12));
  test('normal', () => {
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 12);
    expect(normalCdf(-3)).toBeCloseTo(0.0013498980316301, 13);
    expect(normalCdf(0)).toBe(0.5);
  });
  test('chi square with two degrees of freedom is exponential', () =>
    expect(chiSquareP(5, 2)).toBeCloseTo(Math.exp(-2.5), 12));
  test('range of two normals is |difference|', () =>
    expect(studentizedRangeCdf(2, 2)).toBeCloseTo(2 * normalCdf(Math.SQRT2) - 1, 9));
  test('refuses no degrees of freedom', () => expect(() => tQuantile(0.95, 0)).toThrow(/degree of freedom/));
});

describe('intervals and paired tests', () => {
  test('mean, deviation and t-interval by hand', () => {
    // 1, 2, 3: deviation 1, half width 4.30265/√3
    const interval = tInterval([1, 2, 3]);
    expect(interval).toMatchObject({ mean: 2, deviation: 1, n: 3 });
    expect(interval.high).toBeCloseTo(2 + 4.3026527 / Math.sqrt(3), 6);
    expect(interval.low).toBeCloseTo(2 - 4.3026527 / Math.sqrt(3), 6);
  });
  test('one value has no interval; none is an error', () => {
    expect(tInterval([0.5])).toEqual({ mean: 0.5, low: null, high: null, deviation: null, n: 1 });
    expect(() => tInterval([])).toThrow(/at least one value/);
  });
  test("Student's sleep data (1908), paired: t = 4.0621, p = .002833", () => {
    const differences = [1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4];
    const result = pairedT(differences);
    expect(result.p).toBeCloseTo(0.00283289, 8);
    expect(result.mean).toBeCloseTo(1.58, 12);
    expect(result.low).toBeCloseTo(0.7001142, 6);
    expect(result.effectSize).toBeCloseTo(4.0621 / Math.sqrt(10), 4);
  });
  test('equal differences: certain when not zero, none when zero', () => {
    expect(pairedT([0, 0, 0])).toMatchObject({ p: 1, effectSize: null });
    expect(pairedT([0.5, 0.5, 0.5])).toMatchObject({ p: 0, effectSize: null });
  });
  test("Holm's example (.01, .04, .03, .005) → .03, .06, .06, .02", () =>
    near(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]));
  test('Holm never lowers a p, never exceeds 1, keeps the order of ps', () =>
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 }), (ps) => {
        const adjusted = holm(ps);
        ps.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p);
          expect(adjusted[i]).toBeLessThanOrEqual(1);
          ps.forEach((q, j) => p < q && expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j] ?? 0));
        });
      }),
    ));
  test('Wilcoxon cannot go below .0625 at five pairs', () =>
    expect(wilcoxonSignedRank([1, 2, 3, 4, 5]).p).toBeCloseTo(0.0625, 12));
  test('Wilcoxon, sleep data: 9 pairs after the zero, V = 45, exact with ties p = 2/512', () => {
    expect(wilcoxonSignedRank([1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4])).toMatchObject({
      positive: 45,
      negative: 0,
      n: 9,
      p: 2 / 512,
      exact: true,
    });
  });
  test('Wilcoxon counts all signs, ties included (brute force)', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 9 }), (differences) => {
        const kept = differences.filter((d) => d !== 0);
        fc.pre(kept.length > 0);
        const ranks = averageRanks(kept.map(Math.abs));
        const total = ranks.reduce((a, b) => a + b, 0);
        const statistic = (signs: number): number => {
          const positive = ranks.reduce((sum, rank, i) => sum + ((signs >> i) & 1 ? rank : 0), 0);
          return Math.min(positive, total - positive);
        };
        const observed = statistic(kept.reduce((bits, d, i) => bits | (d > 0 ? 1 << i : 0), 0));
        let asExtreme = 0;
        for (let signs = 0; signs < 2 ** kept.length; signs++) if (statistic(signs) <= observed) asExtreme++;
        expect(wilcoxonSignedRank(differences).p).toBeCloseTo(asExtreme / 2 ** kept.length, 12);
      }),
      { numRuns: 60 },
    ));
  test('beyond 25 pairs: close to the exact p, counted here over all subset sums of 1…26', () => {
    const differences = Array.from({ length: 26 }, (_, i) => (i % 3 === 0 ? -1 : 1) * (i + 1));
    const result = wilcoxonSignedRank(differences);
    const counts = new Map([[0, 1]]);
    for (let rank = 1; rank <= 26; rank++)
      for (const [sum, count] of [...counts].sort(([x], [y]) => y - x))
        counts.set(sum + rank, (counts.get(sum + rank) ?? 0) + count);
    const below = [...counts]
      .filter(([sum]) => sum <= Math.min(result.positive, result.negative))
      .reduce((total, [, count]) => total + count, 0);
    expect(result.exact).toBe(false);
    expect(Math.abs(result.p - (2 * below) / 2 ** 26)).toBeLessThan(0.01);
  });
});

describe('many methods over many tasks', () => {
  const { posthocs_block: block } = known;
  test('tied ranks', () => near(averageRanks([0.1, 0.1, 0.3]), [1.5, 1.5, 3]));
  test('Friedman', () => {
    const result = friedman(block.data);
    expect(result.chiSquare).toBeCloseTo(block.friedman_chi2, 10);
    expect(result.p).toBeCloseTo(block.friedman_p, 10);
    near(result.meanRanks, block.mean_ranks_asc);
  });
  test('Friedman corrects for ties, by hand', () => {
    // Two blocks [1, 1, 2] and [1, 2, 3]: ranks 1.5 1.5 3 / 1 2 3; (k−1)·n²·Σ(r̄−2)² / Σ(r−2)² =
    // 2·4·(.5625+.0625+1)/3.5
    expect(
      friedman([
        [1, 1, 2],
        [1, 2, 3],
      ]).chiSquare,
    ).toBeCloseTo((8 * (0.5625 + 0.0625 + 1)) / 3.5, 12);
  });
  test('Nemenyi from the exact studentized range', () => {
    const p = nemenyi(block.mean_ranks_asc, block.data.length);
    for (const [pair, expected] of Object.entries(block.nemenyi_p_exact)) {
      const [a, b] = pair.split('-').map(Number);
      expect(p[a ?? 0]?.[b ?? 0]).toBeCloseTo(expected, 6);
    }
  });
  test('q table', () => {
    for (const [alpha, column] of Object.entries(known.nemenyi_q))
      for (const [k, q] of Object.entries(column)) expect(nemenyiQ(Number(k), Number(alpha))).toBeCloseTo(q, 3);
  });
  test('critical difference', () => {
    expect(criticalDifference(4, 14, 0.05)).toBeCloseTo(1.2536, 4);
    expect(criticalDifference(4, 14, 0.1)).toBeCloseTo(1.1181, 4);
    expect(criticalDifference(6, 50)).toBeCloseTo(1.06626, 4);
  });
  test('groups are maximal and in rank order', () =>
    expect(criticalDifferenceGroups([1, 3.2, 2, 4.5], 1.3)).toEqual([
      [0, 2],
      [2, 1],
      [1, 3],
    ]));
});

describe('aggregates of TabArena', () => {
  const { errors: named, ...fixture } = known.bencheval_fixture;
  const errors = [0, 1, 2].map((task) => [named.A[task] ?? 0, named.B[task] ?? 0, named.C[task] ?? 0]);
  test('win rate', () => near(aggregates.winRates(errors), fixture.winrate));
  test('mean reciprocal rank', () => near(aggregates.meanReciprocalRank(errors), fixture.mrr));
  test('mean error', () => near(aggregates.meanError(errors), fixture.mean_error));
  test('improvability', () => near(aggregates.improvability(errors), fixture.improvability));
  test('relative error', () => near(aggregates.relativeError(errors, 0), fixture.relative_error_vs_A));
  test('frontier advantage', () => near(aggregates.frontierAdvantage(errors), fixture.frontier_advantage));
  test('baseline advantage', () => near(aggregates.baselineAdvantage(errors, 0), fixture.baseline_advantage_vs_A));
  test('rescaled loss', () =>
    expect(aggregates.rescaledLoss(errors.slice(0, 1))[1]).toBeCloseTo(fixture.loss_rescaled_B_t1, 12));
  test('normalised error: 0 best, 1 median or worse', () =>
    near(
      [1, 2, 1.5, 3, 0].map((error) => aggregates.normalisedError([1, 2, 3], error)),
      [0, 1, 0.5, 1, 0],
    ));
  test('AMLB score', () => expect(aggregates.normalisedScore(0.75, 0.5, 1)).toBe(0.5));
  test('win matrix: ties half', () =>
    expect(
      aggregates.winMatrix([
        [1, 2],
        [2, 2],
      ]),
    ).toEqual([
      [0.5, 0.75],
      [0.25, 0.5],
    ]));
});

describe('Elo', () => {
  test('three wins of four: 400·log10(3)', () => {
    const { ratings, dominated } = bradleyTerryElo([
      [0, 3],
      [1, 0],
    ]);
    expect((ratings[0] ?? 0) - (ratings[1] ?? 0)).toBeCloseTo(known.bradley_terry_elo_2_methods_3_wins_of_4, 3);
    expect(ratings[0]).toBe(1000);
    expect(dominated).toBe(false);
  });
  test('total dominance stays finite and says so', () => {
    const { ratings, dominated } = bradleyTerryElo([
      [0, 4],
      [0, 0],
    ]);
    expect(Number.isFinite(ratings[1])).toBe(true);
    expect(dominated).toBe(true);
  });
  test('expected wins equal wins for every method (the likelihood equations)', () => {
    const wins = [
      [0, 3, 5],
      [2, 0, 4],
      [1, 2, 0],
    ];
    const { ratings } = bradleyTerryElo(wins, 1);
    wins.forEach((row, a) => {
      const expected = row.reduce(
        (sum, won, b) =>
          a === b
            ? sum
            : sum + (won + (wins[b]?.[a] ?? 0)) / (1 + 10 ** (((ratings[b] ?? 0) - (ratings[a] ?? 0)) / 400)),
        0,
      );
      expect(expected).toBeCloseTo(
        row.reduce((sum, won) => sum + won, 0),
        4,
      );
    });
  });
  test('bootstrap intervals contain the rating and are reproducible', () => {
    const errors = Array.from({ length: 20 }, (_, t) => [t % 4 === 0 ? 3 : 1, 2, t % 3 === 0 ? 1.5 : 4]);
    const stream = (): (() => number) => {
      let state = 7;
      return () => (state = (state * 48271) % 2147483647) / 2147483647;
    };
    const intervals = eloIntervals(errors, stream(), 50);
    expect(eloIntervals(errors, stream(), 50)).toEqual(intervals);
    const { ratings } = bradleyTerryElo(winCounts(errors));
    const centre = ratings.reduce((a, b) => a + b, 0) / 3;
    ratings.forEach((rating, i) => {
      expect(intervals[i]?.low).toBeLessThan(rating - centre);
      expect(intervals[i]?.high).toBeGreaterThan(rating - centre);
    });
  });
});
