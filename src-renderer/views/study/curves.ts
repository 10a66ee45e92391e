import { shortened } from '../../../src-main/base/shortened.ts';
import { CURVE_AXES, type CurveAxes } from '../../../src-main/metrics/primitives.ts';
import type { LivePoint } from '../../../src-main/metrics/live-points.ts';
import type { GridRow } from './grid.ts';

export interface BandPoint {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Curves over tasks count tasks from one, as people do; a live one tells the stage, from zero (−1 is the
 * initialisation).
 */
export const isOverTasks = (name: string): boolean => /\btasks?\b/i.test(name);

/** A live curve on the axis of the stored one. */
export function onShownAxis(name: string, points: readonly LivePoint[]): readonly LivePoint[] {
  return isOverTasks(name) ? points.map(({ x, y }) => ({ x: x + 1, y })) : points;
}

/** The curve to show first: what is compared, else the loss. */
export function firstCurve(names: readonly string[]): string {
  return (
    names.find((name) => /so far/i.test(name)) ??
    names.find((name) => /accuracy/i.test(name) && !isOverTasks(name)) ??
    names.find((name) => /loss/i.test(name)) ??
    names[0] ??
    ''
  );
}

/** A curve by linear interpolation, with its places, at xs that come in rising order; null outside what it measured. */
function reader(points: readonly LivePoint[]): (x: number) => LivePoint | null {
  let right = 0;
  return (x) => {
    while (right < points.length && (points[right]?.x ?? x) < x) right += 1;
    const after = points[right];
    if (after === undefined) return null;
    if (after.x === x) return after;
    const before = points[right - 1];
    return before === undefined ? null : between(before, after, (x - before.x) / (after.x - before.x));
  };
}

/** The point so far between two others, 0 … 1. */
function between(before: LivePoint, after: LivePoint, share: number): LivePoint {
  const part = (from: number, to: number): number => from + share * (to - from);
  const places = Object.fromEntries(
    CURVE_AXES.flatMap((axis) => {
      const [from, to] = [before.places?.[axis], after.places?.[axis]];
      return from === undefined || to === undefined ? [] : [[axis, part(from, to)]];
    }),
  );
  return { x: part(before.x, after.x), y: part(before.y, after.y), places };
}

const MOST_POINTS = 240;

export interface MeanCurve {
  readonly points: readonly BandPoint[];
  /** The same points on other axes; where seeds differ (seconds), their mean. */
  readonly axes: CurveAxes;
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Mean over seeds, with a band from the lowest to the highest seed, at every x that a seed measured. A seed takes part
 * where it has come to: between its points by interpolation, beyond its last not at all.
 */
export function meanOverSeeds(curves: readonly (readonly LivePoint[])[]): MeanCurve {
  const sorted = curves.map((points) => [...points].sort((a, b) => a.x - b.x));
  const every = [...new Set(sorted.flatMap((points) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const stride = Math.ceil(every.length / MOST_POINTS);
  const readers = sorted.map(reader);
  const means = every
    .filter((_, index) => index % stride === 0 || index === every.length - 1)
    .flatMap((x) => {
      const here = readers.flatMap((at) => at(x) ?? []);
      if (here.length === 0) return [];
      const values = here.map(({ y }) => y);
      return [{ point: { x, y: average(values), low: Math.min(...values), high: Math.max(...values) }, here }];
    });
  const known = CURVE_AXES.filter(
    (axis) => means.length > 0 && means.every(({ here }) => here.every(({ places }) => places?.[axis] !== undefined)),
  );
  return {
    points: means.map(({ point }) => point),
    axes: Object.fromEntries(
      known.map((axis) => [axis, means.map(({ here }) => average(here.map(({ places }) => places?.[axis] ?? 0)))]),
    ),
  };
}

/**
 * So many rows at most, in their order: those with the best mean over their finished seeds, and before any is finished
 * the first.
 */
export function bestRows(
  rows: readonly GridRow[],
  most: number,
  direction: 'higher' | 'lower' | 'none',
): readonly GridRow[] {
  if (rows.length <= most) return rows;
  const sign = direction === 'lower' ? 1 : -1;
  const worth = ({ cells }: GridRow): number => {
    const values = [...cells.values()].flatMap(({ state, headline }) =>
      state === 'done' && headline !== null ? [headline] : [],
    );
    if (values.length === 0) return Number.POSITIVE_INFINITY;
    return (sign * values.reduce((sum, value) => sum + value, 0)) / values.length;
  };
  const known = new Map(rows.map((row) => [row, worth(row)]));
  const place = (row: GridRow): number => known.get(row) ?? 0;
  // Sorting keeps the order of what is equal; infinities are, their difference is not a number.
  const sorted = [...rows].sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
  const best = new Set(shortened(sorted, most).shown);
  return rows.filter((row) => best.has(row));
}
