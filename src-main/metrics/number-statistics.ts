import type { NormalSums, NumberStatistics, SampleNumbers } from './primitives.ts';
import { normalCdf } from './statistics/distributions.ts';

/**
 * What a split's predicted numbers add up to, one sum for each number of the target, in float64. Every metric of
 * predicted numbers is computed from these.
 */
export function numberStatisticsOf({
  width,
  targets,
  values,
  deviations,
  tasks,
  names,
}: SampleNumbers): NumberStatistics {
  const samples = targets.length / width;
  const sumsOf = (of: (target: number, value: number, output: number) => number): number[] =>
    Array.from({ length: width }, (_, output) => {
      let sum = 0;
      for (let at = output; at < targets.length; at += width) sum += of(targets[at] ?? 0, values[at] ?? 0, output);
      return sum;
    });
  const means = sumsOf((target) => target).map((sum) => sum / samples);
  return {
    width,
    samples,
    squaredError: sumsOf((target, value) => (value - target) ** 2),
    absoluteError: sumsOf((target, value) => Math.abs(value - target)),
    spread: sumsOf((target, _, output) => (target - (means[output] ?? 0)) ** 2),
    ...(deviations === undefined ? {} : { normal: normalSums(width, targets, values, deviations) }),
    ...(tasks === undefined ? {} : { tasks: samplesOfTasks(tasks) }),
    ...(names === undefined ? {} : { names }),
  };
}

/** A deviation below this is taken as this: a density at a point has no logarithm. */
const LEAST_DEVIATION = 1e-6;
/** The central nine tenths of a standard normal distribution end there. */
const NINE_TENTHS = 1.6448536269514722;

/** −ln of the normal density at `z` deviations from its mean. */
export const normalLogScore = (z: number, deviation: number): number =>
  0.5 * Math.log(2 * Math.PI) + Math.log(deviation) + z ** 2 / 2;

/** CRPS of a normal distribution (Gneiting & Raftery 2007, eq. 21, positive): σ (z (2Φ(z) − 1) + 2φ(z) − 1/√π). */
export const normalRankedScore = (z: number, deviation: number): number =>
  deviation *
  (z * (2 * normalCdf(z) - 1) + (2 * Math.exp(-(z ** 2) / 2)) / Math.sqrt(2 * Math.PI) - 1 / Math.sqrt(Math.PI));

function normalSums(
  width: number,
  targets: ArrayLike<number>,
  values: ArrayLike<number>,
  deviations: ArrayLike<number>,
): NormalSums {
  const sumsOf = (score: (z: number, deviation: number) => number): number[] =>
    Array.from({ length: width }, (_, output) => {
      let sum = 0;
      for (let at = output; at < targets.length; at += width) {
        const deviation = Math.max(LEAST_DEVIATION, deviations[at] ?? 0);
        sum += score(((targets[at] ?? 0) - (values[at] ?? 0)) / deviation, deviation);
      }
      return sum;
    });
  return {
    logScore: sumsOf(normalLogScore),
    rankedScore: sumsOf(normalRankedScore),
    covered: sumsOf((z) => (Math.abs(z) <= NINE_TENTHS ? 1 : 0)),
  };
}

function samplesOfTasks(tasks: Int32Array): number[] {
  const sizes: number[] = [];
  for (const task of tasks) {
    while (sizes.length <= task) sizes.push(0);
    sizes[task] = (sizes[task] ?? 0) + 1;
  }
  return sizes;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** √(mean squared error), the mean over samples and over the numbers of the target; null without samples. */
export const rootMeanSquaredError = ({ samples, squaredError }: NumberStatistics): number | null =>
  samples === 0 ? null : Math.sqrt(mean(squaredError) / samples);

/** Mean of |predicted − true| over samples and over the numbers of the target; null without samples. */
export const meanAbsoluteError = ({ samples, absoluteError }: NumberStatistics): number | null =>
  samples === 0 ? null : mean(absoluteError) / samples;

/**
 * 1 − Σ(predicted − true)² / Σ(true − mean)², the mean over the numbers of the target; null where one of them does not
 * vary.
 */
export const determination = ({ samples, squaredError, spread }: NumberStatistics): number | null =>
  samples === 0 || spread.some((value) => value === 0)
    ? null
    : mean(squaredError.map((error, output) => 1 - error / (spread[output] ?? 0)));

/** The mean of one of the sums over normal distributions; null without deviations or samples. */
export const normalMean = ({ samples, normal }: NumberStatistics, sum: keyof NormalSums): number | null =>
  samples === 0 || normal === undefined ? null : mean(normal[sum]) / samples;
