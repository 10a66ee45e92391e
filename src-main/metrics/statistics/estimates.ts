import { tQuantile } from './distributions.ts';
import { sameMeasured } from './measured.ts';

/**
 * Fewer seeds than this carry no mark of significance: at n = 3-4 no test is trustworthy (Wilcoxon cannot go below p =
 * .0625 even at n = 5).
 */
export const MINIMUM_SEEDS_FOR_TEST = 5;

/**
 * By the corrected test two methods are compared from so many pairs of seed and fold on: folds share their training
 * rows, so that ten of them are never ten independent seeds.
 */
export const MINIMUM_PAIRS_ACROSS_FOLDS = 10;

/** Whether so many pairs carry a mark of significance. */
export const isEnoughForTest = (n: number, folds: number): boolean =>
  n >= (folds === 1 ? MINIMUM_SEEDS_FOR_TEST : MINIMUM_PAIRS_ACROSS_FOLDS);

/**
 * The standard error of a mean over n values with this deviation. Across `folds` folds the values hang together through
 * their training rows, and the variance is that of Nadeau and Bengio (2003, section 3): (1/n + n_test/n_train)·s² with
 * n_test/n_train = 1/(folds − 1). One fold is none: s²/n.
 */
export function standardError(deviation: number, n: number, folds: number): number {
  return folds === 1 ? deviation / Math.sqrt(n) : deviation * Math.sqrt(1 / n + 1 / (folds - 1));
}

export interface Interval {
  readonly mean: number;
  /** Ends of the 95 % t-interval; null below two values. */
  readonly low: number | null;
  readonly high: number | null;
  /** Standard deviation with n − 1; null below two values. */
  readonly deviation: number | null;
  readonly n: number;
}

export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Standard deviation with n − 1. Two passes, so that shares near one another keep their digits. */
export function deviation(values: readonly number[], centre = mean(values)): number {
  let sum = 0;
  for (const value of values) sum += (value - centre) ** 2;
  return Math.sqrt(sum / (values.length - 1));
}

/**
 * A t factor by degrees of freedom that computes each one once: leaderboards ask for the same few thousands of times.
 */
export function tFactors(coverage = 0.95): (df: number) => number {
  const known = new Map<number, number>();
  return (df) => {
    const found = known.get(df);
    if (found !== undefined) return found;
    const factor = tQuantile(coverage, df);
    known.set(df, factor);
    return factor;
  };
}

function isConstant(values: readonly number[]): boolean {
  const [first] = values;
  return first === undefined || values.every((value) => sameMeasured(value, first));
}

/**
 * Mean with its 95 % t-interval; across folds with the corrected variance (`standardError`). Values that are the same
 * measurement have no deviation, whatever rounding left of it. Throws on an empty list: there is nothing to estimate.
 */
export function tInterval(values: readonly number[], factor: (df: number) => number = tFactors(), folds = 1): Interval {
  const n = values.length;
  if (n === 0) throw new RangeError('an estimate needs at least one value');
  const centre = mean(values);
  if (n === 1) return { mean: centre, low: null, high: null, deviation: null, n };
  const spread = isConstant(values) ? 0 : deviation(values, centre);
  // Without folds in this order of operations: numbers that were stored must not change in their last digit.
  const half = folds === 1 ? (factor(n - 1) * spread) / Math.sqrt(n) : factor(n - 1) * standardError(spread, n, folds);
  return { mean: centre, low: centre - half, high: centre + half, deviation: spread, n };
}
