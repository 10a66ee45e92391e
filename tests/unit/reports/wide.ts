import { buildLeaderboard } from '../../../src-main/metrics/leaderboard.ts';
import { methodLook } from '../../../src-main/metrics/looks.ts';
import type { RowInfo } from '../../../src-main/metrics/records.ts';
import { METRICS } from '../../../src-main/metrics/registry.ts';
import type { ReportInput, ReportTrial } from '../../../src-main/reports/input.ts';
import { WHOLE_BOARD } from '../../../src-main/reports/suite-boards.ts';
import { cellColumns, type TestRecord } from '../../fixtures/metrics/cell-columns.ts';
import { sampleReport } from './sample.ts';

const SUITES = ['split-mnist/class-il', 'permuted-mnist/online'] as const;
const TASKS = 5;

/** A number from 0 to 1 that looks like chance and is the same every time. */
const noise = (seed: number): number => {
  const x = Math.sin(seed * 12.9898) * 43758.5453;
  return x - Math.floor(x);
};

/** Every metric there is on two suites, for so many configurations of five seeds: wider and longer than any page. */
export function wideReport(configurations: number): ReportInput {
  const [pattern] = sampleReport().trials;
  if (pattern?.primitives == null || pattern.cost === null) throw new Error('the sample has trials');
  const { primitives, cost } = pattern;
  const rows = Array.from({ length: configurations }, (_, c): RowInfo => {
    const method = ['er', 'derpp', 'ewc', 'si', 'agem'][c % 5] ?? 'er';
    return {
      key: `${method}-${c}`,
      method,
      title: method.toUpperCase(),
      name: `${method.toUpperCase()}, λ ${c}, memory ${200 + 10 * c}`,
      look: methodLook(method, null),
      reference: configurations > 2 && c === 0 ? 'upper' : configurations > 2 && c === 1 ? 'lower' : null,
      hyperParameters: { lambda: c, memory: 200 + 10 * c, 'learning-rate': 0.001 },
      family: 'continual',
      asks: [...(c % 2 === 0 ? ['replay-memory'] : []), ...(configurations > 2 && c === 0 ? ['all-tasks'] : [])],
      imported: null,
      superseded: null,
      isReplaced: false,
    };
  });
  const trials = SUITES.flatMap((suite, s) =>
    rows.flatMap((row, c) =>
      [0, 1, 2, 3, 4].map((seed): ReportTrial => {
        const level = 0.4 + 0.5 * noise(c + 1) + 0.02 * noise(100 * c + seed + s);
        return {
          ...pattern,
          id: `${suite}${row.key}-${seed}`.replace(/[^a-z0-9]/g, '').padEnd(64, '0'),
          suite,
          rowKey: row.key,
          method: row.method,
          label: '',
          seed,
          metrics: Object.fromEntries(
            METRICS.map(({ id, unit }, m) => [id, unit === 'share' ? level : level * (m + 1)]),
          ),
          primitives: {
            ...primitives,
            matrices: {
              accuracy: Array.from({ length: TASKS }, (_, i) =>
                Array.from({ length: TASKS }, (__, j) => (j > i ? 0 : Math.max(0, level - 0.08 * (i - j)))),
              ),
            },
            curves: [
              {
                name: 'accuracy on tasks so far',
                x: 'task',
                points: Array.from({ length: TASKS }, (_, t) => [t + 1, level - 0.05 * t] as const),
              },
            ],
          },
          cost: { ...cost, seconds: 10 + c, flops: 1e9 * (c + 1) },
        };
      }),
    ),
  );
  const records = trials.map((one): TestRecord => ({
    suite: one.suite,
    methodKey: one.rowKey,
    seed: one.seed,
    trial: one.id,
    metrics: one.metrics,
    cost: one.cost,
    protocolHash: one.protocolHash,
    backend: one.backend,
  }));
  const sample = sampleReport();
  return {
    ...sample,
    title: `A study of ${configurations} configurations`,
    study: { ...sample.study, name: `A study of ${configurations} configurations` },
    suites: SUITES.flatMap((id) => sample.suites.map((suite) => ({ ...suite, id, title: `Suite ${id}` }))),
    leaderboard: buildLeaderboard({
      query: {},
      columns: SUITES.flatMap((suite) => METRICS.map(({ id, direction }) => ({ suite, metric: id, direction }))),
      rows,
      cells: cellColumns(records),
    }),
    view: WHOLE_BOARD,
    comparisons: [],
    trials,
  };
}
