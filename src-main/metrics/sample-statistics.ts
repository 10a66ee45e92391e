import { brierSum, confusionMatrix, equalMassSums, equalWidthSums, logLossSum, samplesPerTask } from './predictions.ts';
import type { Primitives, SampleProbabilities, SampleStatistics } from './primitives.ts';

export function statisticsOf(p: SampleProbabilities): SampleStatistics {
  const tasks = samplesPerTask(p);
  return {
    classes: p.classes,
    samples: p.labels.length,
    counts: confusionMatrix(p),
    ...(tasks === null ? {} : { tasks }),
    logLoss: logLossSum(p),
    brier: brierSum(p),
    bins: { equalWidth: equalWidthSums(p), equalMass: equalMassSums(p) },
    ...(p.classNames === undefined ? {} : { classNames: p.classNames }),
  };
}

/** What metrics are computed from: a trial's primitives, with the statistics in place of the answers. */
export interface Summary extends Pick<Primitives, 'matrices' | 'curves' | 'scalars'> {
  /** By split. */
  readonly statistics: Readonly<Record<string, SampleStatistics>>;
}

export function summarise({ matrices, curves, scalars, probabilities, statistics = {} }: Primitives): Summary {
  const computed = Object.entries(probabilities).map(([split, samples]) => [split, statisticsOf(samples)]);
  return { matrices, curves, scalars, statistics: { ...statistics, ...Object.fromEntries(computed) } };
}

/** Metrics of a split's statistics; null without samples. */
export const accuracyIn = ({ samples, counts }: SampleStatistics): number | null =>
  samples === 0 ? null : counts.reduce((right, row, label) => right + (row[label] ?? 0), 0) / samples;

export const logLossIn = ({ samples, logLoss }: SampleStatistics): number | null =>
  samples === 0 ? null : logLoss / samples;

export const brierIn = ({ samples, brier }: SampleStatistics): number | null =>
  samples === 0 ? null : brier / samples;
