import { describe, expect, test } from 'vitest';
import { countInWords, countText } from '../../../src-main/base/places.ts';
import { judgeOrdering } from '../../../src-main/metrics/claims/rule.ts';
import { tooFewSeeds } from '../../../src-main/metrics/family.ts';
import { buildLeaderboard } from '../../../src-main/metrics/leaderboard.ts';
import { sampleOf, sharedDifferences } from '../../../src-main/metrics/samples.ts';
import { standardError, tInterval } from '../../../src-main/metrics/statistics/estimates.ts';
import { pairedT } from '../../../src-main/metrics/statistics/paired.ts';
import { cellColumns, type TestRecord } from '../../fixtures/metrics/cell-columns.ts';
import { methodLook } from '../../../src-main/metrics/looks.ts';
import type { RowInfo } from '../../../src-main/metrics/records.ts';

// Worked by hand and with scipy's t distribution: d̄ = .006, s² = 3.5556e-5, ten folds.
const DIFFERENCES = [0.012, 0.004, -0.003, 0.015, 0.008, 0.001, 0.01, -0.002, 0.009, 0.006];

describe('the corrected resampled t-test', () => {
  test('gives the worked example, beside the plain one', () => {
    const plain = pairedT(DIFFERENCES);
    const corrected = pairedT(DIFFERENCES, undefined, 10);
    expect(corrected.mean).toBeCloseTo(0.006, 12);
    expect((corrected.deviation ?? 0) ** 2).toBeCloseTo(3.5556e-5, 8);
    expect(plain.p).toBeCloseTo(0.0111, 4);
    expect(corrected.p).toBeCloseTo(0.0563, 4);
    expect(corrected.low).toBeCloseTo(-0.0002, 4);
    expect(corrected.high).toBeCloseTo(0.0122, 4);
    // t is smaller by √(1 + J·n_test/n_train), J = 10 and n_test/n_train = 1/9.
    const wider = ((corrected.high ?? 0) - corrected.mean) / ((plain.high ?? 0) - plain.mean);
    expect(wider).toBeCloseTo(Math.sqrt(1 + 10 / 9), 12);
  });

  test('counts ten seeds of ten folds as 100 pairs: t 1.437, p .154', () => {
    // Half at .005 + a, half at .005 − a, so that s² = 1e-4 with 99 degrees of freedom.
    const a = Math.sqrt((1e-4 * 99) / 100);
    const d = Array.from({ length: 100 }, (_, i) => 0.005 + (i % 2 === 0 ? a : -a));
    const { mean, deviation, n, p } = pairedT(d, undefined, 10);
    expect(mean / standardError(deviation ?? 0, n, 10)).toBeCloseTo(1.437, 3);
    expect(p).toBeCloseTo(0.154, 3);
  });

  test('is sure of differences that are all the same, and that nothing differs', () => {
    expect(pairedT([0.1, 0.1, 0.1], undefined, 10).p).toBe(0);
    expect(pairedT([0, 0, 0], undefined, 10).p).toBe(1);
  });

  test('is the plain one without folds, bit for bit', () => {
    expect(tInterval(DIFFERENCES, undefined, 1)).toEqual(tInterval(DIFFERENCES));
    expect(pairedT(DIFFERENCES, undefined, 1)).toEqual(pairedT(DIFFERENCES));
  });
});

const rowInfo = (key: string): RowInfo => ({
  key,
  method: key,
  title: key,
  name: key,
  look: methodLook(key, null),
  reference: null,
  hyperParameters: {},
  family: 'training',
  asks: [],
  imported: null,
  superseded: null,
  isReplaced: false,
});
const records = (method: string, shift: number, seeds: number, folds: number): TestRecord[] =>
  Array.from({ length: seeds * folds }, (_, i): TestRecord => {
    const [seed, fold] = [Math.floor(i / folds), i % folds];
    // A fold is hard or easy for all methods alike; what is left of a difference is small.
    const value = 0.8 + 0.05 * Math.sin(fold) + shift * (1 + 0.1 * Math.cos(3 * i));
    return {
      suite: 's',
      methodKey: method,
      seed,
      fold,
      trial: `${method} ${i}`,
      metrics: { 'acc.test': value },
      cost: null,
    };
  });
const board = (rows: readonly TestRecord[], methods: readonly string[]) =>
  buildLeaderboard({
    query: {},
    columns: [{ suite: 's', metric: 'acc.test', direction: 'higher', folds: 10 }],
    rows: methods.map((method) => rowInfo(method)),
    cells: cellColumns(rows),
  });

describe('a board of a suite with folds', () => {
  test('pairs by seed and fold, counts both, and marks from ten pairs on', () => {
    const { rows, warnings } = board([...records('a', 0.03, 1, 10), ...records('b', 0, 1, 10)], ['a', 'b']);
    const [a, b] = rows.map(({ cells }) => cells[0]);
    expect(a?.estimate).toMatchObject({ n: 10, folds: 10, seeds: 1 });
    expect(countText(a?.estimate ?? { n: 0, seeds: 0, folds: 1 })).toBe('1×10');
    expect(a?.estimate?.values[3]).toMatchObject({ seed: 0, fold: 3 });
    expect(b?.tiedWithBest).toBe(false);
    expect(warnings.join(' ')).toContain('Nadeau and Bengio');
  });

  test('gives no mark below ten pairs, however many seeds there are', () => {
    const few = (method: string, shift: number): TestRecord[] =>
      records(method, shift, 9, 10).filter(({ fold }) => fold === 4);
    const { rows } = board([...few('a', 0.03), ...few('b', 0)], ['a', 'b']);
    const cell = rows[1]?.cells[0];
    expect([cell?.p, cell?.tiedWithBest]).toEqual([null, null]);
    expect(cell?.why).toBe(tooFewSeeds(9, 'the best', 10));
  });

  test('never pairs a fold with another one', () => {
    const sample = (rows: readonly TestRecord[]) => {
      const [placed] = cellColumns(rows);
      const found = placed === undefined ? null : sampleOf(placed.cell, 'acc.test', 10);
      if (found === null) throw new Error('no sample');
      return found;
    };
    const all = records('a', 0.03, 2, 10);
    const odd = records('b', 0, 2, 10).filter(({ fold = 0 }) => fold % 2 === 1);
    const { values, folds } = sharedDifferences(sample(all), sample(odd));
    expect(folds).toBe(10);
    expect(values).toHaveLength(10);
    for (const value of values) expect(value).toBeGreaterThan(0.02);
  });
});

test('orderings of claims are judged by the corrected interval, from ten pairs on', () => {
  expect(judgeOrdering(DIFFERENCES, false)).toBe(true);
  expect(judgeOrdering(DIFFERENCES, false, 10)).toBe(false);
  expect(judgeOrdering(DIFFERENCES.slice(0, 9), false, 10)).toBeNull();
});

test('counts in words', () => {
  expect(countInWords({ n: 50, seeds: 5, folds: 10 })).toBe('5 seeds × 10 folds');
  expect(countInWords({ n: 47, seeds: 5, folds: 10 })).toBe('47 pairs of seed and fold');
  expect(countInWords({ n: 1, seeds: 1, folds: 1 })).toBe('one seed');
});
