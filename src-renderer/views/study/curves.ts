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

/** Accuracies are stored as shares and shown as per cent. */
export const isShare = (name: string): boolean => name.startsWith('acc');

/** A live curve on the axis of the stored one. */
export function onShownAxis(name: string, points: readonly LivePoint[]): readonly LivePoint[] {
  return isOverTasks(name) ? points.map(({ x, y }) => ({ x: x + 1, y })) : points;
}

/** A finished trial's curves by name. */
export function storedCurves(trial: TrialDetail): ReadonlyMap<string, readonly LivePoint[]> {
  return new Map(trial.curves.map((curve) => [curve.name, curve.points.map(([x, y]) => ({ x, y: y ?? Number.NaN }))]));
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

/** Height of a curve at x by linear interpolation; null outside what it measured. */
function at(points: readonly LivePoint[], x: number): number | null {
  const right = points.findIndex((point) => point.x >= x);
  const after = points[right];
  if (after === undefined) return null;
  if (after.x === x) return after.y;
  const before = points[right - 1];
  return before === undefined ? null : before.y + ((x - before.x) / (after.x - before.x)) * (after.y - before.y);
}

const MOST_POINTS = 240;

/**
 * Mean over seeds, with a band from the lowest to the highest seed, at every x that a seed measured. A seed takes part where it has come
 * to: between its points by interpolation, beyond its last not at all.
 */
export function meanOverSeeds(curves: readonly (readonly LivePoint[])[]): readonly BandPoint[] {
  const sorted = curves.map((points) => [...points].sort((a, b) => a.x - b.x));
  const every = [...new Set(sorted.flatMap((points) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const stride = Math.ceil(every.length / MOST_POINTS);
  return every
    .filter((_, index) => index % stride === 0 || index === every.length - 1)
    .flatMap((x) => {
      const values = sorted.flatMap((points) => at(points, x) ?? []);
      if (values.length === 0) return [];
      return [
        {
          x,
          y: values.reduce((sum, value) => sum + value, 0) / values.length,
          low: Math.min(...values),
          high: Math.max(...values),
        },
      ];
    });
}
