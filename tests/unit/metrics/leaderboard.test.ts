import { describe, expect, test } from 'vitest';
import { buildLeaderboard, type LeaderboardInput } from '../../../src-main/metrics/leaderboard.ts';
import { methodLook } from '../../../src-main/metrics/looks.ts';
import type { ColumnInfo, RowInfo } from '../../../src-main/metrics/records.ts';
import { leaderboard as contractLeaderboard } from '../../../src-main/workbench/contract/contract.ts';
import { cellColumns, type TestRecord } from '../../fixtures/metrics/cell-columns.ts';

const row = (key: string, more: Partial<RowInfo> = {}): RowInfo => ({
  key,
  method: key,
  title: key.toUpperCase(),
  name: key.toUpperCase(),
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
const records = (
  suite: string,
  methodKey: string,
  values: readonly number[],
  more: Partial<TestRecord> = {},
): TestRecord[] =>
  values.map((value, seed) => ({
    suite,
    methodKey,
    seed,
    trial: `${suite}/${methodKey}/${seed}`,
    metrics: { acc: value, nll: 1 - value },
    cost: { seconds: 10 * (seed + 1), flops: 100 },
    ...more,
  }));
const ACC: ColumnInfo = { suite: 's', metric: 'acc', direction: 'higher' };
const build = ({
  records: list,
  ...part
}: Partial<LeaderboardInput<Record<string, never>>> & { records: readonly TestRecord[]; rows: readonly RowInfo[] }) =>
  buildLeaderboard({ query: {}, columns: [ACC], cells: cellColumns(list), ...part });
const cell = (board: ReturnType<typeof build>, key: string, column = 0) => {
  const found = board.rows.find((candidate) => candidate.key === key)?.cells[column];
  if (found === undefined) throw new Error(`no cell ${key}`);
  return found;
};

const noise = [0.001, -0.002, 0.0015, -0.001, 0.0005];
const around = (centre: number, scale = 1): number[] => noise.map((value) => centre + scale * value);

describe('ranks and marks', () => {
  const all = [
    ...records('s', 'a', around(0.9)),
    ...records('s', 'b', around(0.9, -1)),
    ...records('s', 'c', around(0.7, 2)),
  ];
  const board = build({ rows: [row('a'), row('b'), row('c')], records: all });

  test('best, tied with the best, and clearly worse', () => {
    // a and b have the same mean up to rounding, so differences are symmetric about zero
    expect([cell(board, 'a').rank, cell(board, 'b').rank].sort()).not.toContain(3);
    expect(cell(board, 'c')).toMatchObject({ rank: 3, best: false, tiedWithBest: false, why: null });
    for (const key of ['a', 'b']) expect(cell(board, key).tiedWithBest).toBe(true);
  });
  test('the estimate carries seeds and trials', () => {
    expect(cell(board, 'c').estimate).toMatchObject({
      n: 5,
      values: expect.arrayContaining([{ seed: 2, fold: null, value: 0.703, trial: 's/c/2' }]),
    });
  });
  test('single seeds come with the rows that they are asked for, and change nothing else', () => {
    // One trial of b did not measure the metric, d has another seed.
    const uneven = [
      ...all.filter(({ trial }) => trial !== 's/b/1'),
      ...records('s', 'b', [Number.NaN]).map((record) => ({ ...record, seed: 1, trial: 's/b/1' })),
      ...records('s', 'd', [0.8]).map((record) => ({ ...record, seed: 9, trial: 's/d/9' })),
    ];
    const input = { rows: ['a', 'b', 'c', 'd'].map((key) => row(key)), records: uneven, baseline: 'b' };
    const whole = build(input);
    const without = {
      ...whole,
      rows: whole.rows.map((one) => ({
        ...one,
        cells: one.cells.map((each) => ({
          ...each,
          estimate: each.estimate && {
            ...each.estimate,
            values: ['b', 'c'].includes(one.key) ? each.estimate.values : [],
          },
        })),
      })),
    };
    expect(build({ ...input, seedsOf: ['b', 'c'] })).toEqual(without);
    expect(cell(whole, 'b').estimate?.values.map(({ seed, trial }) => [seed, trial])).toEqual(
      [0, 2, 3, 4].map((seed) => [seed, `s/b/${seed}`]),
    );
    expect(cell(whole, 'a').delta).toMatchObject({ n: 4 });
  });
  test('lower is better where the metric says so', () => {
    const losses = build({
      rows: [row('a'), row('c')],
      records: all,
      columns: [{ suite: 's', metric: 'nll', direction: 'lower' }],
    });
    expect(cell(losses, 'a')).toMatchObject({ rank: 1, best: true });
  });
  test('a metric without direction is not ranked', () => {
    const plain = build({
      rows: [row('a'), row('c')],
      records: all,
      columns: [{ suite: 's', metric: 'acc', direction: 'none' }],
    });
    expect(cell(plain, 'a')).toMatchObject({ rank: null, best: false, tiedWithBest: null });
  });
  test('equal means share their rank and are both best', () => {
    const equal = build({
      rows: [row('a'), row('b'), row('c')],
      records: [...records('s', 'a', [0.5, 0.5]), ...records('s', 'b', [0.5, 0.5]), ...records('s', 'c', [0.1, 0.1])],
    });
    expect(cell(equal, 'a')).toMatchObject({ rank: 1.5, best: true });
    expect(cell(equal, 'b')).toMatchObject({ rank: 1.5, best: true });
    expect(cell(equal, 'c').rank).toBe(3);
  });
  test('below five seeds nothing is marked and the words say why', () => {
    const few = build({
      rows: [row('a'), row('c')],
      records: [...records('s', 'a', around(0.9).slice(0, 3)), ...records('s', 'c', around(0.2).slice(0, 3))],
    });
    expect(cell(few, 'c')).toMatchObject({
      tiedWithBest: null,
      why: expect.stringMatching(/Only 3 seeds.*at least 5/),
    });
    expect(few.warnings.join()).toMatch(/3 seeds in the smallest cell.*fewer than 5 shared seeds is not marked/);
  });
  test('an upper reference that sees all tasks is shown, not ranked', () => {
    const bounded = build({
      rows: [row('joint', { reference: 'upper', asks: ['all-tasks'] }), row('a')],
      records: [...records('s', 'joint', around(0.99)), ...records('s', 'a', around(0.9))],
    });
    expect(cell(bounded, 'joint')).toMatchObject({
      rank: null,
      best: false,
      why: expect.stringMatching(/upper reference/),
    });
    expect(cell(bounded, 'joint').estimate?.mean).toBeCloseTo(0.99, 3);
    expect(cell(bounded, 'a')).toMatchObject({ rank: 1, best: true });
  });
});

describe('baseline', () => {
  test('differences are paired by seed, over shared seeds only', () => {
    const board = build({
      rows: [row('a'), row('b')],
      baseline: 'a',
      records: [...records('s', 'a', [0.1, 0.2, 0.3, 0.4, 0.5]), ...records('s', 'b', [0.2, 0.3, 0.4, 0.5, 0.6, 0.9])],
    });
    expect(cell(board, 'b').delta?.mean).toBeCloseTo(0.1, 12);
    expect(cell(board, 'b').delta?.n).toBe(5);
    expect(cell(board, 'b').delta?.low).toBeCloseTo(0.1, 9);
    expect(cell(board, 'a').delta).toBeNull();
    expect(board.warnings.join()).toMatch(/do not all have the same seeds/);
  });
  test('no p below five shared seeds', () => {
    const board = build({
      rows: [row('a'), row('b')],
      baseline: 'a',
      records: [...records('s', 'a', [0.1, 0.2]), ...records('s', 'b', [0.3, 0.5])],
    });
    expect(cell(board, 'b').delta).toMatchObject({ p: null, n: 2 });
    expect(cell(board, 'b').delta?.mean).toBeCloseTo(0.25, 12);
  });
  test('an unknown baseline is said', () =>
    expect(build({ rows: [row('a')], baseline: 'x', records: records('s', 'a', [1]) }).warnings.join()).toMatch(
      /baseline "x"/,
    ));
});

describe('cells that are not done look different', () => {
  const rows = ['done', 'partial', 'running', 'failed', 'missing', 'refused', 'without'].map((key) => row(key));
  const finished = [
    ...records('s', 'done', [0.5, 0.6]),
    ...records('s', 'partial', [0.4]),
    ...records('s', 'running', [0.3]),
    ...records('s', 'without', [0.1], { metrics: { other: 1 } }),
  ];
  const board = build({
    rows,
    records: finished,
    refusalOf: (suite, { key }) => (suite === 's' && key === 'refused' ? 'Needs the task at test time.' : null),
    cells: cellColumns(finished, [
      { suite: 's', methodKey: 'partial', state: 'failed' },
      { suite: 's', methodKey: 'running', state: 'queued' },
      { suite: 's', methodKey: 'failed', state: 'failed' },
    ]),
  });
  test.each([
    ['done', 'done'],
    ['partial', 'partial'],
    ['running', 'running'],
    ['failed', 'failed'],
    ['missing', 'missing'],
    ['refused', 'not-applicable'],
    ['without', 'not-applicable'],
  ])('%s → %s', (key, state) => expect(cell(board, key).state).toBe(state));
  test('reasons and counts', () => {
    expect(cell(board, 'refused').why).toBe('Needs the task at test time.');
    expect(cell(board, 'without').why).toMatch(/do not hold what acc needs/);
    expect(cell(board, 'partial')).toMatchObject({ expected: 2, finished: 1, failed: 1 });
    expect(board.warnings.join()).toMatch(/2 trials failed/);
    expect(board.warnings.join()).toMatch(/one method is still running/);
  });
});

describe('across suites', () => {
  const columns: ColumnInfo[] = [ACC, { suite: 's', metric: 'nll', direction: 'lower' }, { ...ACC, suite: 't' }];
  const all = [
    ...records('s', 'a', [0.9, 0.8]),
    ...records('s', 'b', [0.7, 0.6]),
    ...records('t', 'a', [0.5, 0.4]),
    ...records('t', 'b', [0.6, 0.7]),
    ...records('s', 'c', [0.1, 0.1]),
  ];
  const board = build({ rows: [row('a'), row('b'), row('c')], columns, records: all, costsBySuite: true });
  test('mean rank over headline columns only; none for a method that lacks a suite', () => {
    expect(board.rows.map(({ meanRank }) => meanRank)).toEqual([1.5, 1.5, null]);
    expect(board.warnings.join()).toMatch(/No mean rank for C \(1 of 2 suites\)/);
  });
  test(
    'mean rank over the suites that hang together, whatever the families: what shares no suite stands ' + 'by itself',
    () => {
      const two = build({
        rows: [row('a', { family: 'training' }), row('b', { family: 'ensembling' }), row('d', { family: 'training' })],
        columns,
        records: [...records('s', 'a', [0.9, 0.8]), ...records('s', 'b', [0.7, 0.6]), ...records('t', 'd', [0.5, 0.4])],
      });
      expect(two.rows.map(({ meanRank }) => meanRank)).toEqual([1, 2, 1]);
      const linked = build({
        rows: [row('a', { family: 'training' }), row('b', { family: 'ensembling' }), row('d', { family: 'training' })],
        columns,
        records: [
          ...records('s', 'a', [0.9, 0.8]),
          ...records('s', 'b', [0.7, 0.6]),
          ...records('t', 'b', [0.6, 0.7]),
          ...records('t', 'd', [0.5, 0.4]),
        ],
      });
      expect(linked.rows.map(({ meanRank }) => meanRank)).toEqual([null, 1.5, null]);
    },
  );
  test('cost: the median of the trials of a suite with the least and the most; a mean over suites', () => {
    expect(board.rows[0]?.costs.map(({ suite }) => suite)).toEqual(['s', 't']);
    expect(board.rows[0]?.costs[0]?.cost).toMatchObject({ seconds: { middle: 15, low: 10, high: 20 }, examples: null });
    expect(board.rows[0]).toMatchObject({ cost: { seconds: 15, flops: 100 }, timeSpread: { low: 10, high: 20 } });
  });
  test('a variant on which settings were tried is no second suite of the mean rank', () => {
    const tried = { ...ACC, suite: 's#dev', isTrial: true };
    const both = build({
      rows: [row('a'), row('b')],
      columns: [ACC, tried],
      records: [...records('s', 'a', [0.9]), ...records('s', 'b', [0.8]), ...records('s#dev', 'a', [0.7])],
    });
    expect(both.rows.map(({ meanRank }) => meanRank)).toEqual([1, 2]);
    expect(both.warnings.join()).not.toContain('No mean rank');
  });
  test('nobody counts what a native learner computes', () => {
    const native = build({ rows: [row('a')], records: records('s', 'a', [1], { backend: 'native' }) });
    expect(native.rows[0]?.cost).toMatchObject({ seconds: 10, flops: null });
  });

  test('protocols and backends that differ within a suite are flagged', () => {
    const mixed = build({
      rows: [row('a'), row('b')],
      records: [
        ...records('s', 'a', [1], { protocolHash: 'aaaaaaaaaa', backend: 'wasm' }),
        ...records('s', 'b', [1], { protocolHash: 'bbbbbbbbbb', backend: 'tensorflow-cpu' }),
      ],
    });
    expect(mixed.warnings.join()).toMatch(/2 different protocols \(hashes aaaaaaaa, bbbbbbbb\)/);
    expect(mixed.warnings.join()).toMatch(/several backends are mixed \(wasm, tensorflow-cpu\)/);
  });
  test('two cells in one place are refused: nothing is taken together', () => {
    const [one] = cellColumns(records('s', 'a', [0.1, 0.2]));
    if (one === undefined) throw new Error('there is a cell');
    expect(() => buildLeaderboard({ query: {}, columns, rows: [row('a')], cells: [one, one] })).toThrow(
      'the row a has two cells on s',
    );
  });
  test('what is built is what the contract carries', () => {
    const built = buildLeaderboard({ query: { suites: ['s'] }, columns, rows: [row('a')], cells: cellColumns(all) });
    const typed = { ...built, available: built.columns };
    expect(contractLeaderboard.parse(JSON.parse(JSON.stringify(typed)))).toEqual(typed);
  });
});
