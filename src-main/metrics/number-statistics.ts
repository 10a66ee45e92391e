import type { NumberStatistics, SampleNumbers } from './primitives.ts';

/**
 * What a split's predicted numbers add up to, one sum for each number of the target, in float64. Every metric of
 * predicted numbers is computed from these.
 */
export function numberStatisticsOf({ width, targets, values, tasks, names }: SampleNumbers): NumberStatistics {
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
    ...(tasks === undefined ? {} : { tasks: samplesOfTasks(tasks) }),
    ...(names === undefined ? {} : { names }),
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
