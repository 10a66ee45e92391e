import { describe, expect, test } from 'vitest';
import { methodLook } from '../../../src-main/metrics/looks.ts';
import type { StudyDetail, TrialSummary } from '../../../src-main/workbench/contract/contract.ts';
import { keepingSame } from '../../../src-renderer/stores/open-studies.ts';
import {
  cellLabel,
  cellText,
  columnsOf,
  firstCells,
  rowMean,
  studyGrid,
} from '../../../src-renderer/views/study/grid.ts';

const SEEDS = [0, 1, 2];
const trial = (suite: string, method: string, seed: number): TrialSummary => ({
  id: `${suite} ${method} ${seed}`,
  spec: { suite, method, hyperParameters: {}, seed, fold: null, backend: 'tensorflow-cpu' },
  row: method,
  state: 'queued',
  phase: null,
  progress: null,
  failure: null,
  role: 'cell',
  createdAt: 1,
  startedAt: null,
  finishedAt: null,
  headline: null,
  seconds: null,
});
const suites = ['first', 'second'],
  methods = ['er', 'der'];
const study = (): StudyDetail => ({
  id: 's',
  name: 'S',
  state: 'running',
  createdAt: 1,
  finishedAt: null,
  suites,
  methods,
  seeds: SEEDS,
  backend: 'tensorflow-cpu',
  eta: null,
  trouble: null,
  imported: null,
  counts: {
    queued: 12,
    waiting: 0,
    running: 0,
    paused: 0,
    done: 0,
    failed: 0,
    cancelled: 0,
    diverged: 0,
    'not-possible': 0,
  },
  request: {
    name: 'S',
    suites,
    methods: methods.map((method) => ({ method, hyperParameters: {} })),
    seeds: SEEDS,
    backend: 'auto',
    references: false,
  },
  configurations: methods.map((method) => ({
    key: method,
    method,
    title: method,
    name: method,
    look: methodLook(method, null),
    reference: null,
  })),
  leftOut: [],
  trials: suites.flatMap((suite) => methods.flatMap((method) => SEEDS.map((seed) => trial(suite, method, seed)))),
  examplesPerSecond: null,
  forecasts: [],
});

describe('the grid of a study', () => {
  const grids = studyGrid(study());
  const shape = (most: number) =>
    firstCells(grids, most, () => SEEDS.length).map(({ suite, rows }) => [suite, rows.length]);
  test('has a row for each configuration of each suite', () =>
    expect(grids.map(({ suite, rows }) => [suite, rows.map(({ cells }) => cells.size)])).toEqual([
      ['first', [3, 3]],
      ['second', [3, 3]],
    ]));
  test('is drawn from its beginning, in whole rows', () =>
    expect([1, 3, 4, 6, 7, 12, Infinity].map(shape)).toEqual([
      [['first', 1]],
      [['first', 1]],
      [['first', 2]],
      [['first', 2]],
      [
        ['first', 2],
        ['second', 1],
      ],
      [
        ['first', 2],
        ['second', 2],
      ],
      [
        ['first', 2],
        ['second', 2],
      ],
    ]));
});

describe('a grid whose trials go on', () => {
  const changed = (id: string): StudyDetail => {
    const one = known.trials.find((each) => each.id === id);
    return { ...known, trials: known.trials.map((each) => (each === one ? { ...each, state: 'done' } : each)) };
  };
  const known = study();
  const before = studyGrid(known);

  test('has one new row where one trial has changed; everything else is what it was', () => {
    const now = studyGrid(changed('second der 1'), before);
    expect(now.map((grid, g) => grid.rows.map((row, r) => row === before[g]?.rows[r]))).toEqual([
      [true, true],
      [true, false],
    ]);
    expect(now[0]).toBe(before[0]);
    expect(now[1]?.rows[1]?.cells.get('seed 1')?.state).toBe('done');
  });
  test('is the same grid where nothing has changed', () =>
    expect(studyGrid({ ...known, eta: 3 }, before)).toBe(before));
});

describe('the mean of a row', () => {
  const factor = (df: number): number => ({ 1: 12.706205, 2: 4.302653 })[df] ?? Number.NaN;
  const row = (...headlines: (number | 'diverged' | 'failed' | 'queued' | 'cancelled')[]): TrialSummary[] =>
    headlines.map((value, seed) => ({
      ...trial('first', 'er', seed),
      ...(typeof value === 'number' ? { state: 'done', headline: value } : { state: value }),
    }));
  test('has half of its interval and how many seeds are finished', () =>
    // 0.5 ± 4.302653 · 0.1 / √3 = 0.248414
    expect(rowMean(row(0.4, 0.5, 0.6), 'share', factor)).toEqual({ text: '50 ± 25 (3)', without: '' }));
  test('names the seeds that enter no mean, beside the mean of the others', () =>
    expect(rowMean(row(0.4, 'diverged', 0.5, 'diverged', 0.6), 'share', factor)).toEqual({
      text: '50 ± 25 (3)',
      without: '2 of 5 diverged',
    }));
  test('says so where none is finished, and leaves out what a person cancelled or still waits', () =>
    expect(rowMean(row('diverged', 'failed', 'queued', 'cancelled'), 'share', factor)).toEqual({
      text: '',
      without: '1 of 4 diverged, 1 of 4 failed',
    }));
});

describe('a cell of the grid', () => {
  const one = trial('first', 'er', 1);
  const done: TrialSummary = { ...one, state: 'done', headline: 0.685, seconds: 20 };
  test('holds the headline in its unit once it is done', () =>
    expect([cellText(done, 'share'), cellText({ ...done, headline: null }, 'share')]).toEqual(['68.5', '']));
  test('says how far a running trial is, and nothing of one that waits', () => {
    expect(
      cellText(
        { ...one, state: 'running', progress: { done: 1, total: 3, rate: null, eta: null, metrics: {} } },
        'share',
      ),
    ).toBe('33 %');
    expect(cellText(one, 'share')).toBe('');
  });
  test('tells a screen reader method, seed, state and value', () => {
    expect(cellLabel(done, 'ER', 'share')).toBe('ER, seed 1: done in 20.0 s, 68.5 %');
    expect(cellLabel(one, 'ER', 'share')).toBe('ER, seed 1: queued');
  });
});

describe('a study that is fetched again', () => {
  test('is the known one when nothing has changed', () => {
    const known = study();
    expect(keepingSame(known, study())).toBe(known);
  });

  test('keeps the trials that have not changed', () => {
    const known = study(),
      fetched = study();
    fetched.trials = fetched.trials.map((each, index) => (index === 4 ? { ...each, state: 'running' } : each));
    const now = keepingSame(known, fetched);
    expect(now.trials.map((each, index) => each === known.trials[index])).toEqual(
      known.trials.map((_, index) => index !== 4),
    );
    expect(now.trials[4]?.state).toBe('running');
  });

  test('a change beside the trials is a change', () =>
    expect(keepingSame(study(), { ...study(), eta: 2 }).eta).toBe(2));
  test('a trial that went is gone', () =>
    expect(keepingSame(study(), { ...study(), trials: study().trials.slice(1) }).trials).toHaveLength(11));
});

describe('the grid of a suite with folds', () => {
  const folded = (seed: number, fold: number, headline: number): TrialSummary => ({
    ...trial('first', 'er', seed),
    id: `${seed}/${fold}`,
    spec: { ...trial('first', 'er', seed).spec, fold },
    state: 'done',
    headline,
  });
  const trials = [0, 1].flatMap((seed) => [0, 1, 2].map((fold) => folded(seed, fold, 0.5 + fold / 10)));
  const [grid] = studyGrid({ ...study(), seeds: [0, 1], trials });

  test('has a column for every seed and fold, and their mean with the corrected interval', () => {
    if (grid === undefined) throw new Error('no grid');
    expect(columnsOf(grid, [0, 1]).map(({ seed, fold }) => `${seed}/${fold ?? ''}`)).toEqual(
      trials.map(({ id }) => id),
    );
    const [row] = grid.rows;
    expect(row?.cells.get('seed 1, fold 2')?.id).toBe('1/2');
    const factor = (): number => 1;
    // Deviation √(.04/5) of six values; variance of the mean (1/6 + 1/2) times its square.
    const half = 100 * Math.sqrt((0.04 / 5) * (1 / 6 + 1 / 2));
    expect(rowMean(trials, 'share', factor).text).toBe(`60.0 ± ${half.toFixed(1)} (2×3)`);
  });
});
