import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildComparison } from '../../../src-main/metrics/compare.ts';
import { pairedT } from '../../../src-main/metrics/statistics/paired.ts';
import { measuredDifference, sameMeasured } from '../../../src-main/metrics/statistics/measured.ts';
import { bradleyTerryElo, winCounts } from '../../../src-main/metrics/statistics/elo.ts';
import { winMatrix } from '../../../src-main/metrics/statistics/aggregates.ts';
import { comparisonInput, type Run } from '../../fixtures/metrics/comparison-input.ts';
import { uniform } from '../../fixtures/metrics/uniform.ts';

const ANSWERS = 1700;
const runs = (key: string, counts: readonly number[], first = 0): Run[] =>
  counts.map((count, i) => ({ key, seed: first + i, value: count / ANSWERS }));
const methods = (...keys: string[]) => keys.map((key) => ({ key, title: key }));

describe('the same count is the same measurement', () => {
  // 8,359 of 8,500 right, spread differently over five seeds: the sums of the shares differ in their last bits.
  const a = [1671, 1672, 1670, 1674, 1672];
  const b = [1672, 1671, 1675, 1670, 1671];
  const input = comparisonInput({
    methods: methods('best', 'a', 'b', 'c'),
    records: [
      ...runs('best', [1690, 1691, 1689, 1690, 1692]),
      ...runs('a', a),
      ...runs('b', b),
      ...runs('c', [1600, 1601, 1602, 1603, 1604]),
    ],
  });
  const rank = (key: string) => input.board.find((row) => row.key === key)?.cell.rank;

  test('both have 8,359, and share their rank', () => {
    const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
    expect([sum(a), sum(b)]).toEqual([8359, 8359]);
    expect([rank('a'), rank('b'), rank('c')]).toEqual([2.5, 2.5, 4]);
  });
  test('the sentence does not say that one is ahead', () =>
    expect(buildComparison({ ...input, compared: ['a', 'b'] }).pairs[0]?.sentence).toBe(
      'a and b measured the same mean Accuracy on 5 shared seeds.',
    ));
  test('equal counts are equal in whatever order they are added, and one answer more is not', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 1000 }), (list, scale) => {
        const share = (order: readonly number[]) =>
          order.reduce((sum, count) => sum + count / 100_000, 0) / list.length;
        const sorted = [...list].sort((x, y) => x - y);
        expect(sameMeasured(share(list), share(sorted))).toBe(true);
        expect(measuredDifference(share(list) * scale, share(sorted) * scale)).toBe(0);
        expect(sameMeasured(share(list), share([...sorted.slice(1), (sorted[0] ?? 0) + 1]))).toBe(false);
      }),
    );
  });
  test('so it is in wins and ratings', () => {
    const errors = [[0.1 + 0.2, 0.3]];
    expect(winMatrix(errors)[0]).toEqual([0.5, 0.5]);
    expect(winCounts(errors)[0]).toEqual([0, 0.5]);
    expect(bradleyTerryElo(winCounts(errors)).ratings[1]).toBeCloseTo(1000, 9);
  });
});

describe('simulated studies of two equal methods', () => {
  const random = uniform(20261130);
  const binomial = (n: number, p: number): number => {
    // By its normal limit: 1,700 answers.
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.round(n * p + Math.sqrt(n * p * (1 - p)) * normal);
  };
  test('20,000 that measured the same, added up in another order, never give p < .05', () => {
    let found = 0;
    for (let study = 0; study < 20_000; study++) {
      const differences = Array.from({ length: 5 }, () => {
        const tasks = Array.from({ length: 5 }, () => Math.round(340 * random()) / 340);
        const forwards = tasks.reduce((sum, share) => sum + share, 0) / 5;
        const backwards = tasks.reduceRight((sum, share) => sum + share, 0) / 5;
        return measuredDifference(forwards, backwards);
      });
      if ((pairedT(differences).p ?? 1) < 0.05) found++;
    }
    expect(found).toBe(0);
  });
  test('4,000 of equal skill give p < .05 as often as the test allows', () => {
    let found = 0;
    for (let study = 0; study < 4000; study++) {
      const differences = Array.from({ length: 5 }, () =>
        measuredDifference(binomial(ANSWERS, 0.9) / ANSWERS, binomial(ANSWERS, 0.9) / ANSWERS),
      );
      if ((pairedT(differences).p ?? 1) < 0.05) found++;
    }
    // 5 % of 4,000 and three standard errors.
    expect(found).toBeLessThan(200 + 3 * Math.sqrt(4000 * 0.05 * 0.95));
    expect(found).toBeGreaterThan(200 - 3 * Math.sqrt(4000 * 0.05 * 0.95));
  });
});

describe('what is compared changes nothing', () => {
  const random = uniform(7);
  const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const records = keys.flatMap((key, k) =>
    runs(
      key,
      Array.from({ length: 5 }, () => Math.round(1500 + 12 * k + 30 * random())),
    ),
  );
  const whole = comparisonInput({ methods: methods(...keys), records });
  const cellOf = (key: string) => whole.board.find((row) => row.key === key)?.cell;

  test('a few rows have the numbers that they have among all', () => {
    fc.assert(
      fc.property(fc.subarray(keys, { minLength: 2 }), (compared) => {
        const found = buildComparison({ ...whole, compared });
        expect(found.family).toMatchObject({ configurations: 7, tested: 6, best: { key: 'g' } });
        for (const method of found.methods) {
          const { estimate, rank, p, best, tiedWithBest } = cellOf(method.key) ?? {};
          expect(method).toMatchObject({ estimate, rank, p, best, tiedWithBest });
        }
        for (const { a, b, familyP } of found.pairs)
          expect(familyP).toBe(b === 'g' ? cellOf(a)?.p : a === 'g' ? cellOf(b)?.p : null);
      }),
    );
  });
  test('marks, judgements and sentences follow that one p', () => {
    const tested = buildComparison(whole).pairs.filter(({ familyP }) => familyP !== null);
    expect(tested).toHaveLength(6);
    for (const { a, b, judgement, sentence } of tested) {
      const other = cellOf(a === 'g' ? b : a);
      expect(judgement === 'open').toBe(other?.tiedWithBest);
      expect(sentence.includes('cannot be told from chance')).toBe(other?.tiedWithBest);
      expect(sentence).toContain('over 6 tests against the best');
    }
  });
  test('with the best only, what is left out is counted', () => {
    const { pairs, pairwise } = buildComparison({ ...whole, pairs: 'with the best' });
    expect(pairs).toHaveLength(6);
    expect(pairwise).toEqual({ tested: 0, leftOut: 15 });
    expect(pairs.every(({ pairwiseP }) => pairwiseP === null)).toBe(true);
  });
  test('a filter by what is asked for asks another question, of those that are left', () => {
    const asking = (key: string) => ({ key, title: key, asks: key === 'g' ? ['replay-memory'] : [] });
    const left = comparisonInput({ methods: keys.map(asking), records, without: ['replay-memory'] });
    const alone = comparisonInput({
      methods: methods(...keys.slice(0, -1)),
      records: records.filter(({ key }) => key !== 'g'),
    });
    for (const { key, cell } of alone.board) expect(left.board.find((row) => row.key === key)?.cell).toEqual(cell);
    expect(left.board.find(({ key }) => key === 'g')?.cell).toMatchObject({ rank: null, best: false, p: null });
  });
});

describe('five shared seeds, pair by pair', () => {
  const good = [1600, 1603, 1601, 1604, 1602];
  const worse = [1500, 1509, 1501, 1507, 1502];
  test('one lucky single-seed run does not switch off the marks of a board', () => {
    const { board } = comparisonInput({
      methods: methods('lucky', 'good', 'worse'),
      records: [...runs('lucky', [1699]), ...runs('good', good), ...runs('worse', worse)],
    });
    const cells = new Map(board.map(({ key, cell }) => [key, cell]));
    expect(cells.get('lucky')).toMatchObject({ rank: 1, best: false, tiedWithBest: null, p: null });
    expect(cells.get('lucky')?.why).toMatch(/Only 1 seed/);
    expect(cells.get('good')).toMatchObject({ rank: 2, best: true, tiedWithBest: true });
    expect(cells.get('worse')).toMatchObject({ best: false, tiedWithBest: false });
  });
  test('nor does a run with seeds that nobody else has', () => {
    const { board } = comparisonInput({
      methods: methods('elsewhere', 'good', 'worse'),
      records: [
        ...runs('elsewhere', [1699, 1698, 1697, 1699, 1698], 10),
        ...runs('good', good),
        ...runs('worse', worse),
      ],
    });
    const cells = new Map(board.map(({ key, cell }) => [key, cell]));
    expect(cells.get('elsewhere')).toMatchObject({ rank: 1, tiedWithBest: null });
    expect(cells.get('good')?.tiedWithBest).toBe(true);
    expect(cells.get('worse')?.tiedWithBest).toBe(false);
  });
});
