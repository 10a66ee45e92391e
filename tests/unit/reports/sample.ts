import { buildComparison } from '../../../src-main/metrics/compare.ts';
import { buildLeaderboard } from '../../../src-main/metrics/leaderboard.ts';
import type { RowInfo } from '../../../src-main/metrics/records.ts';
import { methodLook } from '../../../src-main/metrics/looks.ts';
import { computeMetrics } from '../../../src-main/metrics/registry.ts';
import type { Primitives } from '../../../src-main/metrics/primitives.ts';
import { WHOLE_BOARD } from '../../../src-main/reports/suite-boards.ts';
import type { ReportInput, ReportTrial } from '../../../src-main/reports/input.ts';
import { cellColumns, type TestRecord } from '../../fixtures/metrics/cell-columns.ts';

export const HOSTILE = 'a_b & <c>';
const SUITE = 'split-digits/class-il';
const METRICS = ['acc.final-mean-tasks', 'forgetting.chaudhry18'] as const;

function primitives(level: number, seed: number): Primitives {
  const last = level + seed / 100;
  return {
    matrices: {
      accuracy: [
        [0.99, 0],
        [last, 0.9],
      ],
      'accuracy.init': [[0.5, 0.1]],
    },
    probabilities: {
      test: {
        classes: 2,
        values: Float32Array.from([0.1 + seed / 7, 0.9 - seed / 7, 1 / 3, 2 / 3]),
        labels: Int32Array.from([1, 0]),
        tasks: Int32Array.from([0, 1]),
        classNames: ['zero', HOSTILE],
      },
    },
    curves: [
      {
        name: 'accuracy on tasks so far',
        x: 'task',
        points: [
          [1, 0.99],
          [2, (last + 0.9) / 2],
        ],
      },
    ],
    scalars: { diverged: Number.NaN },
  };
}

function trial(method: string, level: number, seed: number, label: string): ReportTrial {
  const measured = primitives(level, seed);
  return {
    id: `${method}-${seed}`.padEnd(64, '0'),
    role: 'cell',
    state: 'done',
    rowKey: method,
    label,
    suite: SUITE,
    suiteVersion: 1,
    protocolHash: 'p'.repeat(64),
    dataHash: 'd'.repeat(64),
    dataHashes: ['d'.repeat(64)],
    sourceHash: null,
    method,
    methodVersion: 1,
    driver: 1,
    hyperParameters: { lambda: 0.1, kind: HOSTILE, flag: true },
    seed,
    fold: null,
    artefacts: {},
    backend: 'tensorflow-cpu',
    numerics: '1',
    createdAt: 1000,
    startedAt: 2000,
    finishedAt: 3000,
    headline: 0.5,
    command: `touchstone run ${SUITE} --methods ${method} --seeds ${seed}`,
    metrics: computeMetrics(measured),
    primitives: measured,
    cost: {
      seconds: 1.5,
      steps: 10,
      flops: 1e9,
      examples: 100,
      forwardPasses: 10,
      backwardPasses: 10,
      bytesStored: 0,
      parameters: 478410,
      inferenceFlops: 956_000,
      peakMemoryBytes: 1e8,
      workers: 2,
    },
    environment: {
      backend: 'tensorflow-cpu',
      numerics: '1',
      versions: { tensorflow: '2.21.0' },
      cpu: 'A & B <CPU>',
      gpu: null,
      threads: 1,
      platform: 'linux-x64',
    },
    notes: ['a note'],
    failure: null,
  };
}

/**
 * A small but complete report: two methods and the upper reference, three seeds each, one of them named so that every
 * format must escape it.
 */
export function sampleReport(seeds: readonly number[] = [0, 1, 2]): ReportInput {
  const names: [key: string, title: string, level: number][] = [
    ['naive', 'Naive', 0.1],
    ['hostile', HOSTILE, 0.6],
    ['joint', 'Joint', 0.95],
  ];
  const trials = names.flatMap(([key, title, level]) =>
    seeds.map((seed) => trial(key, level, seed, key === 'hostile' ? title : '')),
  );
  const rows: RowInfo[] = names.map(([key, title]) => ({
    key,
    method: key,
    title,
    name: title,
    look: methodLook(key, null),
    reference: key === 'naive' ? 'lower' : key === 'joint' ? 'upper' : null,
    hyperParameters: { lambda: 0.1, kind: HOSTILE },
    family: 'continual',
    asks: key === 'joint' ? ['all-tasks'] : [],
    imported: null,
    superseded: null,
    isReplaced: false,
  }));
  const records: TestRecord[] = trials.map((one) => ({
    suite: one.suite,
    methodKey: one.rowKey,
    seed: one.seed,
    trial: one.id,
    metrics: one.metrics,
    cost: one.cost,
    protocolHash: one.protocolHash,
    backend: one.backend,
  }));
  const claim = {
    id: 'paper/naive',
    kind: 'value' as const,
    protocol: 'published' as const,
    methods: ['naive'],
    suite: SUITE,
    scenario: 'class-il',
    method: 'naive',
    metric: METRICS[0],
    published: { value: 0.2, spread: 0.01, n: 10, source: HOSTILE },
    measured: { mean: 0.5, low: 0.4, high: 0.6, n: 3 },
    verdict: 'off' as const,
    note: `Off by ${HOSTILE}`,
  };
  const board = buildLeaderboard({
    query: {},
    columns: METRICS.map((metric, i) => ({ suite: SUITE, metric, direction: i === 0 ? 'higher' : 'lower' })),
    rows,
    cells: cellColumns(records),
    baseline: 'naive',
    claimFor: (_, key, metric) => (key === 'naive' && metric === METRICS[0] ? claim : null),
  });
  return {
    title: `Report on ${HOSTILE}`,
    createdAt: Date.UTC(2026, 10, 21, 4, 25),
    version: '0.1.0',
    study: {
      id: 'study1',
      name: `Study ${HOSTILE}`,
      createdAt: Date.UTC(2026, 10, 20),
      finishedAt: null,
      backend: 'tensorflow-cpu',
      seeds: [...seeds],
      request: { name: HOSTILE, seeds: [...seeds] },
    },
    suites: [
      {
        id: SUITE,
        version: 1,
        title: 'Split digits, class-IL',
        summary: `Two tasks ${HOSTILE}`,
        scenario: 'class-il',
        protocol: { epochs: 4, order: HOSTILE },
        protocolHash: 'p'.repeat(64),
        datasets: [{ id: 'digits', sha256: 'e'.repeat(64), licence: 'CC BY 4.0', source: 'UCI' }],
      },
    ],
    leaderboard: board,
    view: WHOLE_BOARD,
    comparisons: [
      buildComparison({
        suite: SUITE,
        metric: METRICS[0],
        metricTitle: 'Final accuracy',
        direction: 'higher',
        unit: 'share',
        classNames: [],
        board: board.rows.flatMap(({ cells: [cell], ...row }) => (cell === undefined ? [] : [{ ...row, cell }])),
        compared: rows.slice(0, 2).map(({ key }) => key),
        records: trials.map(({ id, primitives }) => ({ trial: id, curves: primitives?.curves ?? [] })),
      }),
    ],
    claims: [claim],
    trials,
    commands: [
      { what: 'The whole study:', command: `touchstone run ${SUITE} --methods naive,'${HOSTILE}' --seeds 0-2` },
    ],
  };
}
