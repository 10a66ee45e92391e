import { STATE_WORDS } from '../../../src-main/results/states.ts';
import type {
  MetricInfo,
  StudyConfiguration,
  StudyDetail,
  TrialSummary,
} from '../../../src-main/workbench/contract.ts';
import { columnDecimals, formatEstimate } from '../../../src-main/metrics/format.ts';
import { tInterval } from '../../../src-main/metrics/statistics/estimates.ts';
import { formatValue, unitSymbol } from '../../app/format.ts';

export interface GridRow {
  readonly key: string;
  readonly configuration: StudyConfiguration;
  /** By seed. */
  readonly cells: ReadonlyMap<number, TrialSummary>;
}

export interface SuiteGrid {
  readonly suite: string;
  readonly rows: readonly GridRow[];
  readonly artefacts: readonly TrialSummary[];
}

/** A study's trials per suite: rows are configurations in the order of the request (references after them), columns are seeds. */
export function studyGrid(study: StudyDetail): readonly SuiteGrid[] {
  const places = new Map(
    study.configurations.map((configuration, place) => [configuration.key, { configuration, place }]),
  );
  const artefactSuites = study.trials.filter((trial) => trial.role === 'artefact').map((trial) => trial.spec.suite);
  return [...new Set([...study.suites, ...artefactSuites])].flatMap((suite) => {
    const rows = new Map<
      string,
      { place: number; configuration: StudyConfiguration; cells: Map<number, TrialSummary> }
    >();
    for (const trial of study.trials) {
      const known = places.get(trial.row);
      if (trial.role !== 'cell' || trial.spec.suite !== suite || known === undefined) continue;
      const row = rows.get(trial.row) ?? { ...known, cells: new Map<number, TrialSummary>() };
      row.cells.set(trial.spec.seed, trial);
      rows.set(trial.row, row);
    }
    const artefacts = study.trials.filter((trial) => trial.role === 'artefact' && trial.spec.suite === suite);
    if (rows.size === 0 && artefacts.length === 0) return [];
    return [
      {
        suite,
        rows: [...rows.values()]
          .sort((a, b) => a.place - b.place)
          .map(({ configuration, cells }) => ({ key: configuration.key, configuration, cells })),
        artefacts,
      },
    ];
  });
}

/** The suites and rows, in their order, that begin within the first `most` cells of grids that are `wide` cells wide. */
export function firstCells(grids: readonly SuiteGrid[], most: number, wide: number): readonly SuiteGrid[] {
  const before = (index: number): number =>
    grids.slice(0, index).reduce((sum, { rows }) => sum + rows.length * wide, 0);
  return grids.flatMap((grid, index) => {
    const left = most - before(index);
    return left > 0 ? [{ ...grid, rows: grid.rows.filter((_, row) => row * wide < left) }] : [];
  });
}

/** What stands in a trial's cell: its headline when it is done, how far it is while it runs. */
export function cellText({ state, headline, progress }: TrialSummary, unit: MetricInfo['unit']): string {
  if (state === 'done') return headline === null ? '' : formatValue(headline, unit, unit === 'share' ? 1 : 3);
  if (state === 'running' && progress !== null && progress.total > 0)
    return `${Math.floor((100 * progress.done) / progress.total)} %`;
  return '';
}

/** What stands in the column of means: the mean of the finished seeds, with half of its 95 % t-interval and how many they are. */
export function meanText(trials: Iterable<TrialSummary>, unit: MetricInfo['unit']): string {
  const values = [...trials].flatMap(({ state, headline }) =>
    state === 'done' && headline !== null ? [headline] : [],
  );
  if (values.length === 0) return '';
  const estimate = tInterval(values);
  return `${formatEstimate(estimate, unit, columnDecimals([estimate], unit))} (${values.length})`;
}

/** What a screen reader says of a trial's cell. */
export function cellLabel(trial: TrialSummary, name: string, unit: MetricInfo['unit']): string {
  const text = trial.state === 'done' ? cellText(trial, unit) : '';
  return `${trialTitle(trial, name)}${text === '' ? '' : `, ${text} ${unitSymbol(unit)}`}`;
}

/** What a trial's cell says on hover. */
export function trialTitle(trial: TrialSummary, name: string): string {
  const head = `${name}, seed ${trial.spec.seed}: ${STATE_WORDS[trial.state]}`;
  if (trial.failure !== null && (trial.state === 'diverged' || trial.state === 'not-possible'))
    return `${head}. ${trial.failure.message}`;
  if (trial.failure !== null && trial.state === 'failed')
    return `${head} after ${trial.failure.attempts} ${trial.failure.attempts === 1 ? 'attempt' : 'attempts'}. ${trial.failure.message}`;
  if (trial.state === 'done') return `${head}${trial.seconds === null ? '' : ` in ${trial.seconds.toFixed(1)} s`}`;
  if (trial.phase !== null) return `${head}, ${trial.phase}`;
  if (trial.state === 'waiting') return `${head} for an artefact that another trial makes`;
  if (trial.progress !== null && trial.progress.total > 0)
    return `${head}, ${Math.floor((100 * trial.progress.done) / trial.progress.total)} % (${trial.progress.done} of ${trial.progress.total} steps)`;
  return head;
}
