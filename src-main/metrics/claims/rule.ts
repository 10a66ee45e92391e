import type { MetricUnit } from '../definitions/metric.ts';
import { isEnoughForTest, mean, MINIMUM_SEEDS_FOR_TEST, standardError, tInterval } from '../statistics/estimates.ts';
import type { ClaimProtocol, ClaimsFile } from './file.ts';
import type { Verdict } from './verdicts.ts';

/**
 * The one rule of verdicts (DESIGN.md, "A claim column"). Nothing in a file of claims can change it, and everything
 * that judges asks here.
 */

/** Seeds from which a value is judged. */
export const LEAST_SEEDS_FOR_VALUE = 2;
/** Seeds that two methods must share before an order or an identity of them is judged. */
export const LEAST_SHARED_SEEDS = MINIMUM_SEEDS_FOR_TEST;
/** Seeds from which a bound is judged. */
export const LEAST_SEEDS_FOR_BOUND = 5;

/** A share is reproduced within two points, however small both standard errors are. */
const LEAST_TOLERANCE_OF_SHARES = 0.02;
/** What is taken as the standard error of a number that was published without a spread, as a part of it. */
const ASSUMED_SPREAD = 0.02;
/** The bound is part of the rule, so rounding in the last bits must not decide. */
const ROUNDING = 1e-12;

/** The published number with what is known of its spread. */
export interface PublishedValue {
  readonly value: number;
  readonly spread: number | null;
  readonly n: number | null;
  readonly decimals?: number | undefined;
}

/** The standard error of a published mean; null where the source does not give it. */
export function publishedSem(
  { spread, n }: Pick<PublishedValue, 'spread' | 'n'>,
  kind: ClaimsFile['spreadKind'],
): number | null {
  if (spread === null || kind === 'none') return null;
  if (kind === 'standard error') return spread;
  return n === null ? null : spread / Math.sqrt(n);
}

/** Half of the last digit that was printed: of `decimals`, or else of the last digit that is not zero. */
export function printedRounding({ value, decimals }: Pick<PublishedValue, 'value' | 'decimals'>): number {
  if (decimals !== undefined) return 0.5 * 10 ** -decimals;
  const [digits = '', exponent = '0'] = String(Math.abs(value)).split('e');
  return 0.5 * 10 ** (Number(exponent) - (digits.split('.')[1]?.length ?? 0));
}

/**
 * How far a measured mean may lie from the published number.
 * Shares: max(0.02, 3·√(SEM_published² + SEM_measured²)), an unknown SEM_published being 0, which only makes the rule
 * stricter.
 * Other units: 3·√(…) with 2 % of the number where no spread is given, and at least the rounding of what was printed.
 */
export function tolerance(
  published: PublishedValue,
  kind: ClaimsFile['spreadKind'],
  measuredSem: number,
  unit: MetricUnit,
): number {
  const known = publishedSem(published, kind);
  if (unit === 'share') return Math.max(LEAST_TOLERANCE_OF_SHARES, 3 * Math.hypot(known ?? 0, measuredSem));
  const sem = known ?? ASSUMED_SPREAD * Math.abs(published.value);
  return Math.max(printedRounding(published), 3 * Math.hypot(sem, measuredSem));
}

/**
 * Whether measured values, one a seed, give the published number, how far off they are and how far they may be. Null
 * where there are fewer than two: a single one has no standard error.
 */
export function judgeValue(
  published: PublishedValue,
  kind: ClaimsFile['spreadKind'],
  values: readonly number[],
  unit: MetricUnit,
  folds = 1,
): { readonly isMet: boolean; readonly distance: number; readonly allowed: number } | null {
  if (values.length < LEAST_SEEDS_FOR_VALUE) return null;
  const { deviation } = tInterval(values);
  const allowed = tolerance(published, kind, standardError(deviation ?? 0, values.length, folds), unit);
  const distance = Math.abs(mean(values) - published.value);
  return { isMet: distance <= allowed + ROUNDING, distance, allowed };
}

/**
 * Whether the paired differences better − worse, one a shared seed, lie on the claimed side of zero with their whole
 * 95 % interval, or at most `within` on the other; across folds by the corrected variance. Null where there are fewer
 * than five, or across folds fewer than ten pairs of seed and fold.
 */
export function judgeOrdering(
  differences: readonly number[],
  isLowerBetter: boolean,
  folds = 1,
  within = 0,
): boolean | null {
  if (!isEnoughForTest(differences.length, folds)) return null;
  const { low, high } = tInterval(differences, undefined, folds);
  if (low === null || high === null) return null;
  return isLowerBetter ? high < within : low > -within;
}

/** Answers are float32: two ways to the same number may differ by this much of it, or of 1. */
const SINGLE_PRECISION = 1e-6;

/** Whether two methods gave the same number for every shared seed. Null where there are fewer than five. */
export function judgeIdentity(pairs: readonly (readonly [one: number, other: number])[], folds = 1): boolean | null {
  if (!isEnoughForTest(pairs.length, folds)) return null;
  return pairs.every(
    ([one, other]) => Math.abs(one - other) <= SINGLE_PRECISION * Math.max(1, Math.abs(one), Math.abs(other)),
  );
}

/** Of the seeds, so many must reach a bound: four of five. */
const LEAST_SHARE_OF_SEEDS = 0.8;

/**
 * Whether at least four seeds of five reach a bound; a seed without a value does not. Null where there are fewer than
 * five seeds.
 */
export function judgeBound(
  { atLeast }: { readonly atLeast: number },
  values: readonly number[],
  seeds: number,
): { readonly isMet: boolean; readonly reached: number } | null {
  if (seeds < LEAST_SEEDS_FOR_BOUND) return null;
  const reached = values.filter((value) => value >= atLeast).length;
  return { isMet: reached >= LEAST_SHARE_OF_SEEDS * seeds - ROUNDING, reached };
}

/** The word for a claim that was judged: only the published protocol can be reproduced or missed. */
export function wordFor(protocol: ClaimProtocol, isMet: boolean): Verdict {
  if (protocol === 'published') return isMet ? 'reproduced' : 'off';
  return isMet ? 'holds here' : 'does not hold here';
}
