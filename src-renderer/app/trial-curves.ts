import type { LivePoint } from '../../src-main/metrics/live-points.ts';
import { CURVE_AXES } from '../../src-main/metrics/primitives.ts';
import type { TrialDetail } from '../../src-main/workbench/contract/contract.ts';

export interface TrialCurve {
  /** What x counts. */
  readonly x: string;
  readonly points: readonly LivePoint[];
}

/** The curves of a trial by name. */
export type Curves = ReadonlyMap<string, TrialCurve>;

/** Curves as the Workbench answers them, point by point with their places. */
export function storedCurves(trial: Pick<TrialDetail, 'curves'>): Curves {
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
