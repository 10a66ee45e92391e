import { describe, expect, test } from 'vitest';
import { buildComparison, configurationDifferences } from '../../../src-main/metrics/compare.ts';
import type { ComparedRecord } from '../../../src-main/metrics/compare-curves.ts';
import { comparison as contractComparison } from '../../../src-main/workbench/contract/contract.ts';
import { comparisonInput, type Question, type Run } from '../../fixtures/metrics/comparison-input.ts';

const record = (key: string, seed: number, value: number, more: Partial<ComparedRecord> = {}): Run => ({
  key,
  seed,
  value,
  more,
});
const input = (part: Partial<Question> & { records: readonly Run[] }) =>
  comparisonInput({
    methods: [
      { key: 'a', title: 'Method A' },
      { key: 'b', title: 'Method B', name: 'Method B, tuned' },
    ],
    ...part,
  });
const five = (key: string, values: readonly number[]): Run[] => values.map((value, seed) => record(key, seed, value));

describe('pairs', () => {
  test('a clear difference, in words', () => {
    const { pairs } = buildComparison(
      input({ records: [...five('a', [0.9, 0.91, 0.92, 0.9, 0.91]), ...five('b', [0.8, 0.82, 0.81, 0.8, 0.82])] }),
    );
    // differences .1 .09 .11 .1 .09: mean .098, deviation .00837, t = 26.19
    expect(pairs[0]).toMatchObject({ a: 'a', b: 'b', n: 5 });
    expect(pairs[0]?.mean).toBeCloseTo(0.098, 12);
    expect(pairs[0]?.effectSize).toBeCloseTo(0.098 / 0.0083666, 4);
    expect(pairs[0]?.sentence).toBe(
      'Method A is better than Method B, tuned by 9.80 ± 1.04 percentage points (95 % interval, 5 ' +
        'shared seeds; p < .001 after Holm’s correction over 1 test against the best, effect size d_z = ' +
        '11.7).',
    );
  });
  test('lower is better: the lower one is ahead', () => {
    const { pairs } = buildComparison(
      input({
        direction: 'lower',
        unit: 'nats',
        records: [...five('a', [0.9, 0.91, 0.92, 0.9, 0.91]), ...five('b', [0.8, 0.82, 0.81, 0.8, 0.82])],
      }),
    );
    expect(pairs[0]?.sentence).toMatch(/^Method B, tuned is better than Method A by 0\.0980 ± 0\.0104 nats/);
  });
  test('a difference that cannot be told from chance', () => {
    const { pairs } = buildComparison(
      input({ records: [...five('a', [0.5, 0.6, 0.7, 0.8, 0.9]), ...five('b', [0.6, 0.5, 0.8, 0.7, 0.89])] }),
    );
    expect(pairs[0]?.sentence).toMatch(/cannot be told from chance \(5 shared seeds; p = \.97/);
  });
  test('too few seeds: a number, no p, and why', () => {
    const answer = buildComparison(input({ records: [...five('a', [0.9, 0.92]), ...five('b', [0.8, 0.8])] }));
    expect(answer.pairs[0]).toMatchObject({ p: null, pairwiseP: null, familyP: null, judgement: 'unknown', n: 2 });
    expect(answer.pairs[0]?.sentence).toMatch(/Only 2 seeds: a test needs at least 5/);
    expect(answer.warnings.join()).toMatch(/fewer than 5 seeds/);
  });
  test('Holm over the pairs compared; a method without results is said', () => {
    const methods = ['a', 'b', 'c', 'd'].map((key) => ({ key, title: key }));
    const answer = buildComparison(
      input({
        methods,
        records: [
          ...five('a', [0.9, 0.91, 0.92, 0.9, 0.91]),
          ...five('b', [0.8, 0.82, 0.81, 0.8, 0.82]),
          ...five('c', [0.85, 0.95, 0.9, 0.88, 0.93]),
        ],
      }),
    );
    expect(answer.pairs).toHaveLength(3);
    const smallest = Math.min(...answer.pairs.map(({ p }) => p ?? 1));
    expect(answer.pairs.find(({ p }) => p === smallest)?.pairwiseP).toBeCloseTo(3 * smallest, 15);
    expect(answer.warnings.join()).toMatch(/d has no finished result/);
  });
});

test('only the settings that differ; a setting one method lacks is null', () => {
  expect(
    configurationDifferences([
      { key: 'a', hyperParameters: { lr: 0.1, batch: 32 } },
      { key: 'b', hyperParameters: { lr: 0.1, batch: 64, memory: 200 } },
    ]),
  ).toEqual([
    { name: 'batch', values: { a: 32, b: 64 } },
    { name: 'memory', values: { a: null, b: 200 } },
  ]);
});

test('curves: mean and t-band where every seed has a point; tables: means over seeds', () => {
  const curves = (values: readonly number[]) => [
    { name: 'accuracy', x: 'task' as const, points: values.map((y, x): [number, number] => [x, y]) },
  ];
  const answer = buildComparison(
    input({
      records: [
        record('a', 0, 1, { curves: curves([0, 1, 5]), perTask: [0.2, 0.4], perClass: [1, 0] }),
        record('a', 1, 1, { curves: curves([2, 1]), perTask: [0.4, 0.6], perClass: [0.5, 0.5] }),
        record('b', 0, 1, { perClass: [1, null] }),
      ],
    }),
  );
  expect(answer.curves).toHaveLength(1);
  expect(answer.curves[0]?.points.map(({ x, mean }) => [x, mean])).toEqual([
    [0, 1],
    [1, 1],
  ]);
  // two values 0 and 2: deviation √2, half width 12.706·√2/√2
  expect(answer.curves[0]?.points[0]?.high).toBeCloseTo(1 + 12.7062047, 6);
  expect(answer.curves[0]?.points[1]).toMatchObject({ low: 1, high: 1 });
  expect(answer.perTask).toEqual([{ key: 'a', values: [expect.closeTo(0.3, 12), 0.5] }]);
  expect(answer.perClass).toEqual([{ key: 'a', values: [0.75, 0.25] }]);
  expect(contractComparison.parse(JSON.parse(JSON.stringify(answer)))).toEqual(answer);
});

test('long curves are thinned to at most 401 points and keep their end', () => {
  const points = Array.from({ length: 5000 }, (_, x): [number, number] => [x, x]);
  const [curve] = buildComparison(
    input({ records: [record('a', 0, 1, { curves: [{ name: 'loss', x: 'step', points }] })] }),
  ).curves;
  expect(curve?.points.length).toBeLessThanOrEqual(401);
  expect(curve?.points.at(-1)?.x).toBe(4999);
});
