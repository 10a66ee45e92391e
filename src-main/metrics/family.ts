import type { Judgement } from './records.ts';
import type { Direction } from './definitions/metric.ts';
import { MINIMUM_SEEDS_FOR_TEST } from './statistics/estimates.ts';
import { holm, pairedT, type PairedTest } from './statistics/paired.ts';

/** Adjusted p below which a difference is one. */
export const SIGNIFICANT = 0.05;

/**
 * A paired difference with its p after Holm's correction within a family of tests; both p are null below five shared
 * seeds.
 */
export interface FamilyTest extends PairedTest {
  adjustedP: number | null;
}

/**
 * Tests that belong together: paired t-tests of each list of differences, corrected (Holm) over all of them that have
 * five shared seeds, judged pair by pair. An empty list answers null. Whoever asks a question decides the family by
 * what was run, never by what is shown.
 */
export function testFamily(
  differences: readonly (readonly number[])[],
  factor: (df: number) => number,
): (FamilyTest | null)[] {
  const known: number[] = [];
  const tests = differences.map((list): FamilyTest | null => {
    if (list.length === 0) return null;
    const { mean, low, high, deviation, n, p, effectSize } = pairedT(list, factor);
    const isTested = p !== null && n >= MINIMUM_SEEDS_FOR_TEST;
    if (isTested) known.push(p);
    return { mean, low, high, deviation, n, p: isTested ? p : null, effectSize, adjustedP: null };
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

/** The words that stand in place of a mark of significance. */
export function tooFewSeeds(n: number, other: string | null): string {
  const seeds = n === 1 ? '1 seed' : `${n} seeds`;
  const subject = other === null ? `Only ${seeds}` : `Only ${seeds} shared with ${other}`;
  const why = `because with fewer the interval of a difference is mostly luck`;
  return `${subject}: a test needs at least ${MINIMUM_SEEDS_FOR_TEST}, ${why}.`;
}
