/** What probes are judged by: pure functions over the curves that they measured. */

/** Points with x ascending. */
export type Points = readonly (readonly [x: number, y: number])[];

/** The first x from which on y never falls below `least` again; null where the last point is below it. */
export function reachedForGood(points: Points, least: number): number | null {
  const below = points.findLastIndex(([, y]) => y < least);
  return points[below + 1]?.[0] ?? null;
}

/** The first x at which y is at least `least`. */
export function firstReached(points: Points, least: number): number | null {
  return points.find(([, y]) => y >= least)?.[0] ?? null;
}

/** The first x at which y is 0. */
export function firstZero(points: Points): number | null {
  return points.find(([, y]) => y === 0)?.[0] ?? null;
}

/** y at that x; null where nothing was measured there. */
export function pointAt(points: Points, x: number): number | null {
  return points.find(([at]) => at === x)?.[1] ?? null;
}

/**
 * How many times smaller the end is; an end below `least`, what can be told from 0, counts as that. Null where there
 * was nothing to fall from.
 */
export function fall(start: number, end: number, least = 0): number | null {
  const against = Math.max(end, least);
  return start > 0 && against > 0 ? start / against : null;
}
