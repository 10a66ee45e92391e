import { calibrationCurves, confusionMatrix } from '../metrics/predictions.ts';
import type { SampleProbabilities } from '../metrics/primitives.ts';
import type { ResultsStore } from '../results/store.ts';
import type { StoredProgress, StoredState, TrialRole } from '../results/types.ts';
import type { Configurations } from './configurations.ts';
import type { Calibration, TrialDetail } from './contract.ts';
import { trialCommand } from './reproduce.ts';
import { finite, shownOrigin, trialSummaryOf } from './summaries.ts';

/** Everything that one trial measured, for its page; null when there is no such trial. */
export function trialDetailOf(
  { store, configurations }: { readonly store: ResultsStore; readonly configurations: Configurations },
  id: string,
  role: TrialRole,
  live: StoredProgress | null,
): TrialDetail | null {
  const damage = store.examine(id);
  const trial = store.trial(id);
  if (trial === null) return null;
  // Of a damaged trial nothing is shown but what is wrong with it.
  const isReadable = damage === null && trial.failure?.kind !== 'damaged';
  const primitives = isReadable ? store.primitives(id) : null;
  const origin = shownOrigin(trial.origin);
  const test = primitives?.probabilities['test'];
  const environment = isReadable ? store.environment(id) : null;
  const cost = isReadable ? store.cost(id) : null;
  return {
    ...trialSummaryOf(trial, configurations.rowOf(trial).key, role, live),
    ...configurations.alone(trial),
    imported: origin === null ? null : { ...origin, checked: trial.checked },
    protocolHash: trial.protocolHash,
    datasetHash: trial.dataHash,
    command: trialCommand(trial),
    metrics: (isReadable ? store.metrics(id) : [])
      .filter(({ value, step }) => Number.isFinite(value) && (step ?? -1) === -1)
      .map(({ id: metric, value }) => ({ id: metric, value })),
    matrices: Object.fromEntries(
      Object.entries(primitives?.matrices ?? {}).map(([name, rows]) => [
        name,
        rows.map((row) => row.filter((value) => Number.isFinite(value))),
      ]),
    ),
    curves: (primitives?.curves ?? []).map(({ name, x, points }) => ({
      name,
      x,
      points: points
        .filter(([at, y]) => Number.isFinite(at) && Number.isFinite(y))
        .map(([at, y]): [number, number] => [at, y]),
    })),
    scalars: finite(primitives?.scalars ?? {}),
    confusion:
      test === undefined
        ? null
        : {
            classes: [...(test.classNames ?? Array.from({ length: test.classes }, (_, index) => String(index)))],
            counts: confusionMatrix(test),
          },
    calibration: calibrationOf(trial.state, test, store.hadProbabilities(id, 'test')),
    cost: cost && { ...cost },
    environment: environment && { ...environment, versions: { ...environment.versions } },
    notes: damage === null ? (primitives?.notes ?? []) : [damage],
    log: store.logs(id).map(({ at, message }) => ({ at, message })),
  };
}

/** The reliability diagrams of a trial's test samples, or the sentence that says why there are none. */
function calibrationOf(state: StoredState, test: SampleProbabilities | undefined, measured: boolean): Calibration {
  if (state !== 'done') return { curves: null, why: 'The trial is not finished.' };
  if (test === undefined)
    return {
      curves: null,
      why: measured
        ? 'The probabilities of the single test samples were not kept (TOUCHSTONE_KEEP_PROBABILITIES); the metrics over them were.'
        : 'This trial did not measure probabilities of single test samples.',
    };
  const curves = calibrationCurves(test).map(({ task, samples, error, bins }) => ({
    task,
    samples,
    error,
    bins: bins.map(({ from, to, count, confidence, accuracy }) => ({
      from,
      to,
      count,
      confidence: count === 0 ? null : confidence,
      accuracy: count === 0 ? null : accuracy,
    })),
  }));
  return curves.length === 0 ? { curves: null, why: 'The test set holds no samples.' } : { curves, why: null };
}
