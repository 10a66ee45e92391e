import { normalCdf, tTwoSidedP } from './distributions.ts';
import { standardError, tInterval, type Interval } from './estimates.ts';
import { sameMeasured } from './measured.ts';
import { averageRanks, firstPlace } from './ranks.ts';

export interface PairedTest extends Interval {
  /** Two-sided p of the paired t-test; null below two pairs. */
  readonly p: number | null;
  /** Cohen's d_z = mean / deviation of the differences; null below two pairs or when all differences are equal. */
  readonly effectSize: number | null;
}

/**
 * Paired t-test on differences a − b, as `measuredDifference` answers them. When all differences are equal and not
 * zero, p is 0 (the limit of a growing t); differences that cancel have the mean 0 and p 1, whatever rounding left of
 * their sum. Across folds it is the corrected resampled t-test (Nadeau and Bengio 2003): t = d̄ / √((1/J + n_test /
 * n_train)·s²) over J pairs of seed and fold, with J − 1 degrees of freedom.
 */
export function pairedT(differences: readonly number[], factor?: (df: number) => number, folds = 1): PairedTest {
  const interval = tInterval(differences, factor, folds);
  const { low, high, deviation, n } = interval;
  let largest = 0;
  for (const difference of differences) largest = Math.max(largest, Math.abs(difference));
  const mean = sameMeasured(largest + interval.mean, largest) ? 0 : interval.mean;
  if (deviation === null) return { mean, low, high, deviation, n, p: null, effectSize: null };
  if (deviation === 0) return { mean, low, high, deviation, n, p: mean === 0 ? 1 : 0, effectSize: null };
  const effectSize = mean / deviation;
  const t = folds === 1 ? effectSize * Math.sqrt(n) : mean / standardError(deviation, n, folds);
  return { mean, low, high, deviation, n, p: tTwoSidedP(t, n - 1), effectSize };
}

/** Holm's step-down adjustment; the answer keeps the order of the input. */
export function holm(pValues: readonly number[]): number[] {
  const sorted = Float64Array.from(pValues).sort();
  let running = 0;
  const adjusted = sorted.map(
    (p, position) => (running = Math.max(running, Math.min(1, p * (sorted.length - position)))),
  );
  // Of equal values the first has the largest factor, so they share its adjusted value.
  return pValues.map((p) => adjusted[firstPlace(sorted, p)]);
}

export interface SignedRankTest {
  /** Sum of the ranks of positive differences. */
  readonly positive: number;
  readonly negative: number;
  /** Pairs left after zero differences are dropped, as Wilcoxon did. */
  readonly n: number;
  readonly p: number;
  readonly exact: boolean;
}

/**
 * Wilcoxon's signed-rank test, two-sided: exact (ties included, over all 2^n signs) up to 25 pairs, normal
 * approximation with tie correction beyond.
 */
export function wilcoxonSignedRank(differences: readonly number[]): SignedRankTest {
  const kept = differences.filter((d) => !sameMeasured(d, 0));
  const n = kept.length;
  if (n === 0) return { positive: 0, negative: 0, n, p: 1, exact: true };
  const ranks = averageRanks(kept.map(Math.abs));
  let positive = 0;
  let total = 0;
  ranks.forEach((rank, i) => {
    total += rank;
    if ((kept[i] ?? 0) > 0) positive += rank;
  });
  const negative = total - positive;
  const smaller = Math.min(positive, negative);
  if (n <= 25) {
    // Mid-ranks are halves, so doubled ranks are whole numbers and the null distribution is a count over subset sums.
    const doubled = ranks.map((rank) => Math.round(2 * rank));
    const counts = new Float64Array(Math.round(2 * total) + 1);
    counts[0] = 1;
    for (const rank of doubled)
      for (let s = counts.length - 1; s >= rank; s--) counts[s] = (counts[s] ?? 0) + (counts[s - rank] ?? 0);
    let below = 0;
    for (let s = 0; s <= Math.round(2 * smaller); s++) below += counts[s] ?? 0;
    return { positive, negative, n, p: Math.min(1, (2 * below) / 2 ** n), exact: true };
  }
  const variance = ranks.reduce((sum, rank) => sum + rank * rank, 0) / 4;
  const z = (smaller - total / 2) / Math.sqrt(variance);
  return { positive, negative, n, p: Math.min(1, 2 * normalCdf(z)), exact: false };
}
