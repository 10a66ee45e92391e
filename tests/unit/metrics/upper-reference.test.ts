import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildLeaderboard } from '../../../src-main/metrics/leaderboard.ts';
import { methodLook } from '../../../src-main/metrics/looks.ts';
import type { RowInfo } from '../../../src-main/metrics/records.ts';
import { holm, pairedT } from '../../../src-main/metrics/statistics/paired.ts';
import { cellColumns } from '../../fixtures/metrics/cell-columns.ts';

const METRIC = 'acc.test';
const row = (key: string, name: string, more: Partial<RowInfo> = {}): RowInfo => ({
  key,
  method: key,
  title: name,
  name,
  look: methodLook(key, null),
  reference: null,
  hyperParameters: {},
  family: 'continual',
  asks: [],
  imported: null,
  superseded: null,
  isReplaced: false,
  ...more,
});
const rows = [
  row('joint', 'Joint training', { reference: 'upper', asks: ['all-tasks'] }),
  row('der', 'DER++'),
  row('naive', 'Naive', { reference: 'lower' }),
];
const notes = (values: Readonly<Record<string, readonly number[]>>, of: readonly RowInfo[] = rows): string[] =>
  buildLeaderboard({
    query: {},
    columns: [{ suite: 's', metric: METRIC, direction: 'higher' }],
    rows: of,
    cells: cellColumns(
      Object.entries(values).flatMap(([methodKey, list]) =>
        list.map((value, seed) => ({
          suite: 's',
          methodKey,
          seed,
          trial: `${methodKey}${seed}`,
          metrics: { [METRIC]: value },
          cost: methodKey === 'joint' ? { examples: 60_000, flops: 2e12 } : { examples: 120_000, flops: 5e12 },
        })),
      ),
    ),
  }).warnings.filter((text) => text.includes('upper reference'));

const around = (centre: number, seeds = 5): number[] =>
  [0.001, -0.002, 0.0015, -0.001, 0.0005].slice(0, seeds).map((noise) => centre + noise);

test('an upper reference that is beaten says so, with both budgets', () =>
  expect(notes({ joint: around(0.9), der: [0.95, 0.951, 0.949, 0.952, 0.95], naive: around(0.2) })).toEqual([
    'The upper reference is beaten. s: Joint training, the reference, has 90.00 % (60.0 k examples ' +
      'seen and 2.00 TFLOP); ' +
      'DER++ 95.04 % (120 k examples seen and 5.00 TFLOP).',
  ]));
test('all methods that did better stand in one line, the best first, and how many it leaves out', () => {
  const methods = Array.from({ length: 12 }, (_, i) => row(`m${i}`, `Method ${i}`));
  const values = Object.fromEntries(methods.map(({ key }, i) => [key, around(0.91 + i / 1000)]));
  const [line, ...more] = notes({ joint: around(0.9), ...values }, [...rows.slice(0, 1), ...methods]);
  expect(more).toEqual([]);
  expect([...(line ?? '').matchAll(/Method (\d+) /g)].map(([, i]) => Number(i))).toEqual([11, 10, 9, 8, 7, 6, 5, 4]);
  expect(line).toContain('; and 4 more, which the board has.');
});
test('with few seeds or little difference it says how sure that is', () => {
  expect(notes({ joint: around(0.9, 3), der: around(0.95, 3) })[0]).toMatch(
    /^Some methods measured better than the upper reference\. s: .*DER\+\+ 95\.\d\d %, too few shared seeds to say how surely \(/,
  );
  expect(notes({ joint: around(0.9), der: [0.904, 0.895, 0.903, 0.897, 0.904] })[0]).toMatch(/which can be chance \(/);
});
test('one that is not beaten, or only by rounding, says nothing', () => {
  expect(notes({ joint: around(0.95), der: around(0.9) })).toEqual([]);
  expect(notes({ joint: [0.3, 0.3], der: [0.1 + 0.2, 0.1 + 0.2] })).toEqual([]);
});

test('several configurations of an upper reference are one scale, by the best of them', () => {
  const several = [
    ...['joint', 'joint@b', 'joint@c'].map((key) => row(key, key, { method: 'joint', reference: 'upper' })),
    row('der', 'DER++'),
  ];
  const values = { joint: around(0.8), 'joint@b': around(0.9), 'joint@c': around(0.7), der: around(0.95) };
  expect(notes(values, several)).toEqual([
    expect.stringMatching(/beaten\. s: joint@b, the reference, has 90\.00 % [^;]*; DER\+\+ 95\.00 %/),
  ]);
  // Some of them beaten, the best not: the scale holds.
  expect(notes({ ...values, der: around(0.85) }, several)).toEqual([]);
});

test('how sure it is follows from Holm over all methods against the reference', () => {
  // Counts of ten thousand: differences are there or not, never what rounding left.
  const share = (most: number, least = 0) => fc.integer({ min: least, max: most }).map((count) => count / 10_000);
  const normal = fc.array(share(200, -200), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(normal, { minLength: 1, maxLength: 12 }), share(300), (noise, lift) => {
      const base = [0.9, 0.91, 0.89, 0.905, 0.895, 0.9];
      const methods = noise.map(
        (list, m) => [`m${m}`, list.map((value, seed) => (base[seed] ?? 0) + value + lift)] as const,
      );
      const found = notes({ joint: base, ...Object.fromEntries(methods) }, [
        row('joint', 'Joint', { reference: 'upper' }),
        ...methods.map(([key]) => row(key, key)),
      ]);
      const meanOf = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
      const best = methods.reduce((a, b) => (meanOf(b[1]) > meanOf(a[1]) + 1e-9 ? b : a));
      fc.pre(meanOf(best[1]) - meanOf(base) > 1e-6);
      // The whole family, tested and adjusted without a short cut.
      const ps = methods.map(([, list]) => pairedT(list.map((value, seed) => value - (base[seed] ?? 0))).p ?? 1);
      const adjusted = holm(ps)[methods.indexOf(best)] ?? 1;
      fc.pre(Math.abs(adjusted - 0.05) > 1e-6);
      expect(found).toHaveLength(1);
      const [said = ''] = new RegExp(`; ${best[0]} [^;(]*\\(`).exec(found[0] ?? '') ?? [];
      expect(said).not.toBe('');
      expect(said.includes('which can be chance')).toBe(adjusted >= 0.05);
    }),
    { numRuns: 300 },
  );
});
