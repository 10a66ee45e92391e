import { countText, placeText, type Place } from '../../../src-main/base/places.ts';
import { remembered } from '../../../src-main/base/remembered.ts';
import { STATE_WORDS, WITHOUT_RESULT } from '../../../src-main/results/states.ts';
import type {
  MetricInfo,
  StudyConfiguration,
  StudyDetail,
  TrialSummary,
} from '../../../src-main/workbench/contract/contract.ts';
import { columnDecimals, formatEstimate } from '../../../src-main/metrics/format.ts';
import { tInterval } from '../../../src-main/metrics/statistics/estimates.ts';
import { formatValue, unitSymbol } from '../../app/format.ts';
import { sameItems } from '../../app/same.ts';

export interface GridRow {
  readonly key: string;
  readonly configuration: StudyConfiguration;
  /** By seed and fold (`placeText`). */
  readonly cells: ReadonlyMap<string, TrialSummary>;
}

export interface SuiteGrid {
  readonly suite: string;
  readonly rows: readonly GridRow[];
  readonly artefacts: readonly TrialSummary[];
}

/**
 * A study's trials per suite: rows are configurations in the order of the request (references after them), columns are
 * seeds, of suites with folds seeds × folds. What is the same as in the grids before is the same object, so that one
 * trial's change draws one row anew.
 */
export function studyGrid(study: StudyDetail, before: readonly SuiteGrid[] = []): readonly SuiteGrid[] {
  const places = new Map(
    study.configurations.map((configuration, place) => [configuration.key, { configuration, place }]),
  );
  const suites = new Map<string, { rows: Map<string, NewRow>; artefacts: TrialSummary[] }>();
  const suiteOf = (suite: string) =>
    remembered(suites, suite, () => ({ rows: new Map<string, NewRow>(), artefacts: [] }));
  for (const suite of study.suites) suiteOf(suite);
  for (const trial of study.trials) {
    const known = places.get(trial.row);
    const { suite } = trial.spec;
    if (trial.role === 'artefact') suiteOf(suite).artefacts.push(trial);
    else if (known !== undefined)
      remembered(suiteOf(suite).rows, trial.row, () => ({
        ...known,
        cells: new Map<string, TrialSummary>(),
      })).cells.set(placeText(trial.spec), trial);
  }
  const known = new Map(before.map((grid) => [grid.suite, grid]));
  const now = [...suites].flatMap(([suite, { rows, artefacts }]): SuiteGrid[] => {
    if (rows.size === 0 && artefacts.length === 0) return [];
    const sorted = [...rows.values()].sort((a, b) => a.place - b.place);
    return [gridLike(known.get(suite), { suite, rows: sorted.map(rowOf), artefacts })];
  });
  return sameItems(before, now) ? before : now;
}

interface NewRow {
  readonly configuration: StudyConfiguration;
  readonly place: number;
  readonly cells: Map<string, TrialSummary>;
}
const rowOf = ({ configuration, cells }: NewRow): GridRow => ({ key: configuration.key, configuration, cells });

/** The grid, with the rows of the former one that are still the same; the former one where all of it is. */
function gridLike(before: SuiteGrid | undefined, now: SuiteGrid): SuiteGrid {
  if (before === undefined) return now;
  const known = new Map(before.rows.map((row) => [row.key, row]));
  const rows = now.rows.map((row) => {
    const old = known.get(row.key);
    return old?.configuration === row.configuration &&
      old.cells.size === row.cells.size &&
      [...row.cells].every(([place, trial]) => old.cells.get(place) === trial)
      ? old
      : row;
  });
  return sameItems(before.rows, rows) && sameItems(before.artefacts, now.artefacts) ? before : { ...now, rows };
}

/**
 * The suites and rows, in their order, that begin within the first `most` cells; `wide`: how many a grid is wide.
 */
export function firstCells(
  grids: readonly SuiteGrid[],
  most: number,
  wide: (grid: SuiteGrid) => number,
): readonly SuiteGrid[] {
  const before = (index: number): number =>
    grids.slice(0, index).reduce((sum, grid) => sum + grid.rows.length * wide(grid), 0);
  return grids.flatMap((grid, index) => {
    const left = most - before(index);
    return left > 0 ? [{ ...grid, rows: grid.rows.filter((_, row) => row * wide(grid) < left) }] : [];
  });
}

/** The columns of a suite's grid: the study's seeds, or where the suite has folds every seed with every fold. */
export function columnsOf({ rows }: SuiteGrid, seeds: readonly number[]): readonly Place[] {
  const folds = Math.max(-1, ...rows.flatMap(({ cells }) => [...cells.values()].map(({ spec }) => spec.fold ?? -1)));
  if (folds < 0) return seeds.map((seed) => ({ seed, fold: null }));
  return seeds.flatMap((seed) => Array.from({ length: folds + 1 }, (_, fold) => ({ seed, fold })));
}

/** What stands in a trial's cell: its headline when it is done, how far it is while it runs. */
export function cellText({ state, headline, progress }: TrialSummary, unit: MetricInfo['unit']): string {
  if (state === 'done') return headline === null ? '' : formatValue(headline, unit, unit === 'share' ? 1 : 3);
  if (state === 'running' && progress !== null && progress.total > 0)
    return `${Math.floor((100 * progress.done) / progress.total)} %`;
  return '';
}

/** What stands in the column of means. */
export interface RowMean {
  /**
   * The mean of the finished seeds, with half of its 95 % t-interval and how many they are; empty while none is
   * finished.
   */
  readonly text: string;
  /** `2 of 5 diverged`: seeds that enter no mean; empty where there are none. */
  readonly without: string;
}

/** The mean of a row's finished seeds. `factor`: of the t-interval, by degrees of freedom. */
export function rowMean(
  trials: readonly TrialSummary[],
  unit: MetricInfo['unit'],
  factor: (df: number) => number,
): RowMean {
  const values = trials.flatMap(({ state, headline }) => (state === 'done' && headline !== null ? [headline] : []));
  const without = WITHOUT_RESULT.flatMap((state) => {
    const count = state === 'cancelled' ? 0 : trials.filter((trial) => trial.state === state).length;
    return count === 0 ? [] : [`${count} of ${trials.length} ${STATE_WORDS[state]}`];
  }).join(', ');
  if (values.length === 0) return { text: '', without };
  const folds = Math.max(1, ...trials.map(({ spec }) => (spec.fold ?? 0) + 1));
  const estimate = tInterval(values, factor, folds);
  const count = countText({ n: values.length, seeds: new Set(trials.map(({ spec }) => spec.seed)).size, folds });
  return { text: `${formatEstimate(estimate, unit, columnDecimals([estimate], unit))} (${count})`, without };
}

/** What a screen reader says of a trial's cell. */
export function cellLabel(trial: TrialSummary, name: string, unit: MetricInfo['unit']): string {
  const text = trial.state === 'done' ? cellText(trial, unit) : '';
  return `${trialTitle(trial, name)}${text === '' ? '' : `, ${text} ${unitSymbol(unit)}`}`;
}

/** What a trial's cell says on hover. */
export function trialTitle(trial: TrialSummary, name: string): string {
  const head = `${name}, ${placeText(trial.spec)}: ${STATE_WORDS[trial.state]}`;
  if (trial.failure !== null && (trial.state === 'diverged' || trial.state === 'not-possible'))
    return `${head}. ${trial.failure.message}`;
  if (trial.failure !== null && trial.state === 'failed')
    return (
      `${head} after ${trial.failure.attempts} ` +
      `${trial.failure.attempts === 1 ? 'attempt' : 'attempts'}. ${trial.failure.message}`
    );
  if (trial.state === 'done') return `${head}${trial.seconds === null ? '' : ` in ${trial.seconds.toFixed(1)} s`}`;
  if (trial.phase !== null) return `${head}, ${trial.phase}`;
  if (trial.state === 'waiting') return `${head} for an artefact that another trial makes`;
  if (trial.progress !== null && trial.progress.total > 0)
    return (
      `${head}, ${Math.floor((100 * trial.progress.done) / trial.progress.total)} % ` +
      `(${trial.progress.done} of ${trial.progress.total} steps)`
    );
  return head;
}
