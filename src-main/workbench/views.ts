import { calibrationCurves, confusionMatrix } from '../metrics/predictions.ts';
import { CURVE_AXES } from '../metrics/primitives.ts';
import type { Curve, SampleNumbers, SampleProbabilities } from '../metrics/primitives.ts';
import type { ResultsStore } from '../results/store.ts';
import type { StoredState, StoredTrial, TrialRole } from '../results/types.ts';
import type { Configurations } from './configurations.ts';
import type { Calibration, TrialDetail } from './contract/contract.ts';
import { trialCommand } from './reproduce.ts';
import { shownOrigin, trialSummaryOf } from './summaries.ts';
import type { LiveTrial } from './summaries.ts';

/** Everything that one trial measured, for its page; null when there is no such trial. */
export function trialDetailOf(
  { store, configurations }: { readonly store: ResultsStore; readonly configurations: Configurations },
  id: string,
  role: TrialRole,
  live: LiveTrial,
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
  const gaps = new Gaps();
  return {
    ...trialSummaryOf(trial, configurations.rowOf(trial).key, role, live),
    ...configurations.alone(trial),
    imported: origin === null ? null : { ...origin, checked: trial.checked },
    protocolHash: trial.protocolHash,
    datasetHash: trial.dataHash,
    command: trialCommand(trial),
    metrics: (isReadable ? store.metrics(id) : []).flatMap(({ id: metric, value, step }) => {
      const shown = (step ?? -1) === -1 ? gaps.of(value) : null;
      return shown === null ? [] : [{ id: metric, value: shown }];
    }),
    matrices: mapped(primitives?.matrices ?? {}, (rows) => rows.map((row) => row.map((value) => gaps.of(value)))),
    curves: (primitives?.curves ?? []).map((curve) => shownCurve(curve, (y) => gaps.of(y))),
    scalars: mapped(primitives?.scalars ?? {}, (value) => gaps.of(value)),
    confusion: test === undefined || !isDistribution(test) ? null : confusionOf(test),
    numbers: numbersOf(primitives?.predictions?.['test']),
    calibration: calibrationOf(trial, test, primitives?.predictions !== undefined, store.hadAnswers(id, 'test')),
    cost: isReadable ? store.cost(id) : null,
    environment: environment && { ...environment, versions: { ...environment.versions } },
    notes: damage === null ? (primitives?.notes ?? []) : [damage],
    log: store.logs(id).map(({ at, message }) => ({ at, message })),
    gaps: gaps.sentence(),
  };
}

/** Counts measured numbers that cannot be shown: JSON has neither NaN nor infinities. */
class Gaps {
  #count = 0;

  of(value: number): number | null {
    if (Number.isFinite(value)) return value;
    this.#count += 1;
    return null;
  }

  sentence(): string | null {
    if (this.#count === 0) return null;
    return (
      `${this.#count === 1 ? 'One measured number is' : `${this.#count} measured numbers are`} not ` +
      'finite (NaN or infinite) and shown as gaps.'
    );
  }
}

function mapped<T, U>(record: Readonly<Record<string, T>>, of: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, of(value)]));
}

/**
 * A curve without the points that have no place; those without a height stay, as gaps (`shown` answers null for them).
 */
export function shownCurve(
  { name, x, points, axes = {} }: Curve,
  shown: (y: number) => number | null,
): TrialDetail['curves'][number] {
  const kept = points.flatMap(([at], i) => (Number.isFinite(at) ? [i] : []));
  const whole = CURVE_AXES.filter((axis) => axes[axis]?.length === points.length && axes[axis].every(Number.isFinite));
  return {
    name,
    x,
    points: kept.map((i): [number, number | null] => [points[i][0], shown(points[i][1])]),
    axes: Object.fromEntries(whole.map((axis) => [axis, kept.map((i) => axes[axis]?.[i] ?? 0)])),
  };
}

/** Whether all of these are probabilities; results of older versions may hold NaN. */
const isDistribution = ({ values }: SampleProbabilities): boolean => values.every((value) => Number.isFinite(value));

/** As many points as a picture can tell apart. */
const MOST_POINTS = 2_000;

/** True and predicted numbers of the first target. */
function numbersOf(test: SampleNumbers | undefined): TrialDetail['numbers'] {
  if (test === undefined) return null;
  const { width, targets, values, names } = test;
  const samples = targets.length / width;
  const every = Math.max(1, Math.ceil(samples / MOST_POINTS));
  const points = Array.from({ length: Math.ceil(samples / every) }, (_, i): [number, number] => [
    targets[i * every * width],
    values[i * every * width],
  ]);
  return { name: names?.[0] ?? 'target', samples, points };
}

function confusionOf(test: SampleProbabilities): TrialDetail['confusion'] {
  return {
    classes: [...(test.classNames ?? Array.from({ length: test.classes }, (_, index) => String(index)))],
    counts: confusionMatrix(test),
  };
}

/** The reliability diagrams of a trial's test samples, or the sentence that says why there are none. */
function calibrationOf(
  { state, origin }: Pick<StoredTrial, 'state' | 'origin'>,
  test: SampleProbabilities | undefined,
  toldNumbers: boolean,
  measured: boolean,
): Calibration {
  if (state !== 'done') return { curves: null, why: NO_CALIBRATION[state] };
  if (toldNumbers) return { curves: null, why: null };
  if (test?.scores === true)
    return { curves: null, why: 'This method ranks the classes and gives no probabilities: it has no calibration.' };
  if (test !== undefined && !isDistribution(test))
    return { curves: null, why: 'The probabilities of some test samples are no numbers: this network diverged.' };
  if (test === undefined)
    return {
      curves: null,
      why: measured
        ? 'The probabilities of the single test samples were not kept (TOUCHSTONE_KEEP_PROBABILITIES); the ' +
          'metrics over them were.'
        : origin === null
          ? 'This trial did not measure probabilities of single test samples.'
          : 'The report that this trial was imported from does not hold its answers to single test samples.',
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

const unfinished = 'The trial is not finished.';
const NO_CALIBRATION: Readonly<Record<Exclude<StoredState, 'done'>, string>> = {
  queued: unfinished,
  waiting: unfinished,
  running: unfinished,
  paused: unfinished,
  diverged: 'The trial diverged: it has no final answers.',
  'not-possible': 'The trial was not possible.',
  failed: 'The trial failed.',
  cancelled: 'The trial was cancelled.',
};
