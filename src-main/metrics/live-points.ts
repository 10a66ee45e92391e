import type { CurvePlaces } from './primitives.ts';

/** A point of a curve that is still growing. */
export interface LivePoint {
  readonly x: number;
  readonly y: number;
  /** The same point on other axes: examples, epochs, seconds. */
  readonly places?: CurvePlaces;
}

/**
 * Adds a point to a growing curve, in place where it can be. Keeps every other point once there are more than `most`:
 * the curve's shape stays, its memory does not grow.
 */
export function appendPoint(points: LivePoint[], point: LivePoint, most: number): LivePoint[] {
  const last = points.at(-1);
  if (last !== undefined && point.x <= last.x) {
    // A trial resumed from its checkpoint measures again what was already drawn.
    return [...points.filter((earlier) => earlier.x < point.x), point];
  }
  points.push(point);
  return points.length > most ? points.filter((_, index) => index % 2 === 0 || index === points.length - 1) : points;
}
