import type { Judgement } from './records.ts';
import type { Direction } from './definitions/metric.ts';
import type { PairedDifferences } from './samples.ts';
import { isEnoughForTest, MINIMUM_PAIRS_ACROSS_FOLDS, MINIMUM_SEEDS_FOR_TEST } from './statistics/estimates.ts';
import { holm, pairedT, type PairedTest } from './statistics/paired.ts';

/** Adjusted p below which a difference is one. */
export const SIGNIFICANT = 0.05;

/**
 * A paired difference with its p after Holm's correction within a family of tests; both p are null below five shared
 * seeds, or ten shared pairs of seed and fold.
 */
export interface FamilyTest extends PairedTest {
  adjustedP: number | null;
  /** Folds that the pairs are spread over; 1 = none. */
  readonly folds: number;
}

/**
 * Tests that belong together: paired t-tests of each list of differences, corrected (Holm) over all of them that have
 * enough pairs, judged pair by pair. An empty list, or none, answers null. Whoever asks a question decides the family
 * by what was run, never by what is shown.
 */
export function testFamily(
  differences: readonly (PairedDifferences | null)[],
  factor: (df: number) => number,
): (FamilyTest | null)[] {
  const known: number[] = [];
  const tests = differences.map((list): FamilyTest | null => {
    if (list === null || list.values.length === 0) return null;
    const { folds } = list;
    const { mean, low, high, deviation, n, p, effectSize } = pairedT(list.values, factor, folds);
    const isTested = p !== null && isEnoughForTest(n, folds);
    if (isTested) known.push(p);
    return { mean, low, high, deviation, n, p: isTested ? p : null, effectSize, adjustedP: null, folds };
  });
  const adjusted = holm(known);
  let next = 0;
  for (const test of tests) if (test !== null && test.p !== null) test.adjustedP = adjusted[next++] ?? null;
  return tests;
}

/** What a difference a − b says of a: by the adjusted p alone, and by better or worse, never by sign. */
export function judgementOf(mean: number, adjustedP: number | null, direction: Direction): Judgement {
  if (adjustedP === null) return 'unknown';
  if (adjustedP >= SIGNIFICANT || direction === 'none') return 'open';
  return mean > 0 === (direction === 'higher') ? 'better' : 'worse';
}

/** `7 shared seeds`, or `20 shared pairs of seed and fold`. */
export function pairsInWords(n: number, folds: number): string {
  if (folds > 1) return n === 1 ? 'one shared pair of seed and fold' : `${n} shared pairs of seed and fold`;
  return n === 1 ? 'one shared seed' : `${n} shared seeds`;
}

/** The words that stand in place of a mark of significance. */
export function tooFewSeeds(n: number, other: string | null, folds = 1): string {
  const one = folds > 1 ? 'pair of seed and fold' : 'seed';
  const many = folds > 1 ? 'pairs of seed and fold' : 'seeds';
  const least = folds > 1 ? MINIMUM_PAIRS_ACROSS_FOLDS : MINIMUM_SEEDS_FOR_TEST;
  const counted = n === 1 ? `1 ${one}` : `${n} ${many}`;
  const subject = other === null ? `Only ${counted}` : `Only ${counted} shared with ${other}`;
  const why = `because with fewer the interval of a difference is mostly luck`;
  return `${subject}: a test needs at least ${least}, ${why}.`;
}
