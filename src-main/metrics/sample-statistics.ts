import { brierSum, confusionMatrix, equalMassSums, equalWidthSums, logLossSum, samplesPerTask } from './predictions.ts';
import { numberStatisticsOf } from './number-statistics.ts';
import { confidencesOf, leastRiskArea, risks } from './selective.ts';
import type { NumberStatistics, Primitives, SampleProbabilities, SampleStatistics } from './primitives.ts';

export function statisticsOf(p: SampleProbabilities): SampleStatistics {
  const tasks = samplesPerTask(p);
  return {
    classes: p.classes,
    samples: p.labels.length,
    counts: confusionMatrix(p),
    ...(tasks === null ? {} : { tasks }),
    // Scores only rank: they have no likelihood and no calibration.
    ...(p.scores === true
      ? { logLoss: null, brier: null, bins: null }
      : {
          logLoss: logLossSum(p),
          brier: brierSum(p),
          bins: { equalWidth: equalWidthSums(p), equalMass: equalMassSums(p) },
          riskSum: riskSumOf(p),
        }),
    ...(p.classNames === undefined ? {} : { classNames: p.classNames }),
  };
}

function riskSumOf(p: SampleProbabilities): number {
  const { confidence, errors } = confidencesOf(p);
  return risks(confidence, errors).reduce((sum, risk) => sum + risk, 0);
}

/** What metrics are computed from: a trial's primitives, with the statistics in place of the answers. */
export interface Summary extends Pick<Primitives, 'matrices' | 'curves' | 'scalars'> {
  /** By split. */
  readonly statistics: Readonly<Record<string, SampleStatistics>>;
  readonly numbers: Readonly<Record<string, NumberStatistics>>;
}

export function summarise(primitives: Primitives): Summary {
  const { matrices, curves, scalars, probabilities, predictions = {} } = primitives;
  const { statistics = {}, numberStatistics = {} } = primitives;
  const computed = Object.entries(probabilities).map(([split, samples]) => [split, statisticsOf(samples)]);
  const numbers = Object.entries(predictions).map(([split, samples]) => [split, numberStatisticsOf(samples)]);
  return {
    matrices,
    curves,
    scalars,
    statistics: { ...statistics, ...Object.fromEntries(computed) },
    numbers: { ...numberStatistics, ...Object.fromEntries(numbers) },
  };
}

/** Metrics of a split's statistics; null without samples. */
export const accuracyIn = ({ samples, counts }: SampleStatistics): number | null =>
  samples === 0 ? null : counts.reduce((right, row, label) => right + (row[label] ?? 0), 0) / samples;

export const logLossIn = ({ samples, logLoss }: SampleStatistics): number | null =>
  samples === 0 || logLoss === null ? null : logLoss / samples;

export const brierIn = ({ samples, brier }: SampleStatistics): number | null =>
  samples === 0 || brier === null ? null : brier / samples;

/** AURC; null where it was not kept. */
export const riskAreaIn = ({ samples, riskSum }: SampleStatistics): number | null =>
  samples === 0 || riskSum === undefined ? null : riskSum / samples;

/** AURC above that of an order which has all right answers first. */
export function excessRiskAreaIn(statistics: SampleStatistics): number | null {
  const [area, accuracy] = [riskAreaIn(statistics), accuracyIn(statistics)];
  if (area === null || accuracy === null) return null;
  const { samples } = statistics;
  return area - leastRiskArea(samples, samples - Math.round(accuracy * samples));
}
