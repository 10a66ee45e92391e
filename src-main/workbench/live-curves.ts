import { remembered } from '../base/remembered.ts';
import { appendPoint } from '../metrics/live-points.ts';
import type { LivePoint } from '../metrics/live-points.ts';
import { CURVE_AXES } from '../metrics/primitives.ts';
import type { TrialCurves } from './contract/contract.ts';

/** Points that are kept of a curve, and curves of a trial: methods name their own. */
const MOST_POINTS = 200;
const MOST_CURVES = 40;

/**
 * What running trials have measured so far, for a window that opens in the middle; stored curves take its place at
 * their end.
 */
export class LiveCurves {
  readonly #trials = new Map<string, Map<string, LivePoint[]>>();

  add(trial: string, name: string, point: LivePoint): void {
    const curves = remembered(this.#trials, trial, () => new Map<string, LivePoint[]>());
    if (!curves.has(name) && curves.size >= MOST_CURVES) return;
    curves.set(name, appendPoint(curves.get(name) ?? [], point, MOST_POINTS));
  }

  of(trial: string): TrialCurves['curves'] {
    return [...(this.#trials.get(trial) ?? [])].map(([name, points]) => ({
      name,
      x: 'step',
      points: points.map(({ x, y }): [number, number] => [x, y]),
      axes: axesOf(points),
    }));
  }

  forget(trial: string): void {
    this.#trials.delete(trial);
  }
}

/** The axes on which every point has a place. */
function axesOf(points: readonly LivePoint[]): TrialCurves['curves'][number]['axes'] {
  return Object.fromEntries(
    CURVE_AXES.flatMap((axis) => {
      const values = points.flatMap(({ places }) => places?.[axis] ?? []);
      return values.length === points.length ? [[axis, values]] : [];
    }),
  );
}
