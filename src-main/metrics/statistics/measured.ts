/**
 * When two numbers are the same measurement. Accuracies are counts over counts: the same count, added up in another
 * order, differs in its last bits, and two different counts differ by at least one answer in all that were given.
 * Everything that compares measured numbers (ranks, marks, paired tests, wins, sentences) asks here, so that no rank
 * and no word is decided by rounding.
 */

/** Far above what rounding leaves after a thousand sums, far below one answer in a hundred million. */
const RELATIVE = 1e-9;
/** What is left of equal shares or losses after a subtraction: smaller numbers are zero. */
const ABSOLUTE = 1e-12;

/** Are `a` and `b` equal within what was measured: to 1e-9 of the larger, or both zero but for rounding? */
export function sameMeasured(a: number, b: number): boolean {
  const distance = Math.abs(a - b);
  // An infinite number has an infinite tolerance: it is the same as itself only.
  if (a === b || distance === Infinity) return a === b;
  return distance <= Math.max(ABSOLUTE, RELATIVE * Math.max(Math.abs(a), Math.abs(b)));
}

/** a − b; 0 where the two are the same measurement. */
export function measuredDifference(a: number, b: number): number {
  return sameMeasured(a, b) ? 0 : a - b;
}

/** Order for sorting: 0 where the two are the same measurement. */
export function compareMeasured(a: number, b: number): number {
  return Math.sign(measuredDifference(a, b));
}
