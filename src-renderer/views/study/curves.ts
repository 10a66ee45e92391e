import { CURVE_AXES, type CurveAxes } from '../../../src-main/metrics/primitives.ts';
import type { TrialDetail } from '../../../src-main/workbench/contract/contract.ts';
import type { LivePoint } from '../../stores/studies.ts';

export interface BandPoint {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

/** Curves over tasks count tasks from one, as people do; a live one tells the stage, from zero (−1 is the initialisation). */
export const isOverTasks = (name: string): boolean => /\btasks?\b/i.test(name);

/** A live curve on the axis of the stored one. */
export function onShownAxis(name: string, points: readonly LivePoint[]): readonly LivePoint[] {
  return isOverTasks(name) ? points.map(({ x, y }) => ({ x: x + 1, y })) : points;
}

export interface TrialCurve {
  /** What x counts. */
  readonly x: string;
  readonly points: readonly LivePoint[];
}

/** A finished trial's curves by name. */
export function storedCurves(trial: Pick<TrialDetail, 'curves'>): ReadonlyMap<string, TrialCurve> {
  return new Map(
    trial.curves.map(({ name, x, points, axes }) => [
      name,
      {
        x,
        points: points.map(([at, y], i) => ({
          x: at,
          y: y ?? Number.NaN,
          places: Object.fromEntries(
            CURVE_AXES.flatMap((axis) => (axes[axis] === undefined ? [] : [[axis, axes[axis][i]]])),
          ),
        })),
      },
    ]),
  );
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

/** A curve at x by linear interpolation, with its places; null outside what it measured. */
function at(points: readonly LivePoint[], x: number): LivePoint | null {
  const right = points.findIndex((point) => point.x >= x);
  const after = points[right];
  if (after === undefined) return null;
  if (after.x === x) return after;
  const before = points[right - 1];
  if (before === undefined) return null;
  const share = (x - before.x) / (after.x - before.x);
  const between = (from: number, to: number): number => from + share * (to - from);
  const places = Object.fromEntries(
    CURVE_AXES.flatMap((axis) => {
      const [from, to] = [before.places?.[axis], after.places?.[axis]];
      return from === undefined || to === undefined ? [] : [[axis, between(from, to)]];
    }),
  );
  return { x, y: between(before.y, after.y), places };
}

const MOST_POINTS = 240;

export interface MeanCurve {
  readonly points: readonly BandPoint[];
  /** The same points on other axes; where seeds differ (seconds), their mean. */
  readonly axes: CurveAxes;
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Mean over seeds, with a band from the lowest to the highest seed, at every x that a seed measured. A seed takes part where it has come
 * to: between its points by interpolation, beyond its last not at all.
 */
export function meanOverSeeds(curves: readonly (readonly LivePoint[])[]): MeanCurve {
  const sorted = curves.map((points) => [...points].sort((a, b) => a.x - b.x));
  const every = [...new Set(sorted.flatMap((points) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const stride = Math.ceil(every.length / MOST_POINTS);
  const means = every
    .filter((_, index) => index % stride === 0 || index === every.length - 1)
    .flatMap((x) => {
      const here = sorted.flatMap((points) => at(points, x) ?? []);
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
