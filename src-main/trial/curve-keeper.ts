import { z } from 'zod';
import type { Curve, CurvePlaces } from '../metrics/primitives.ts';

/** Where a value was measured. Seconds are the clock's; everything else is fixed by the trial. */
export interface CurvePlace {
  readonly step: number;
  readonly examples: number;
  /** Epochs since the trial began; null where the method does not count them. */
  readonly epochs: number | null;
  readonly seconds: number;
}

/** A place on the axes that curves can be drawn over beside the step. */
export const placesOf = ({ examples, epochs, seconds }: CurvePlace): CurvePlaces => ({
  examples,
  ...(epochs === null ? {} : { epoch: epochs }),
  seconds,
});

/** Points of one curve, and how many measurements go into each; the last one may still be open. */
const savedCurve = z.object({
  name: z.string(),
  per: z.number(),
  /** Step, mean, measurements, examples, epochs (-1: not counted), seconds of each point. */
  points: z.array(z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.number()])),
});
export const savedCurves = z.array(savedCurve);
export type SavedCurves = z.infer<typeof savedCurves>;
type Point = SavedCurves[number]['points'][number];

/** A curve has at most so many points. */
export const MOST_POINTS = 200;

/**
 * Curves of a trial at fixed steps. A point is the mean over a number of measurements that follow each other: one at
 * first, twice as many whenever there are more than `MOST_POINTS`. So the points depend on what was measured at which
 * step and on nothing else: not on the clock, not on the length that the trial was thought to have, not on
 * interruptions.
 */
export class CurveKeeper {
  readonly #curves: Map<string, { per: number; points: Point[] }>;

  constructor(saved: SavedCurves = []) {
    this.#curves = new Map(
      saved.map(({ name, per, points }) => [name, { per, points: points.map((point): Point => [...point]) }]),
    );
  }

  /** Adds what was measured at a place; what is no finite number has no point. */
  add(values: Readonly<Record<string, number>>, { step, examples, epochs, seconds }: CurvePlace): void {
    for (const [name, value] of Object.entries(values)) {
      if (!Number.isFinite(value)) continue;
      let curve = this.#curves.get(name);
      if (curve === undefined) this.#curves.set(name, (curve = { per: 1, points: [] }));
      const point: Point = [step, value, 1, examples, epochs ?? -1, seconds];
      const last = curve.points.at(-1);
      if (last !== undefined && last[2] < curve.per) curve.points[curve.points.length - 1] = merged(last, point);
      else curve.points.push(point);
      if (curve.points.length > MOST_POINTS) {
        curve.per *= 2;
        const { points } = curve;
        curve.points = points.flatMap((one, i) =>
          i % 2 === 1 ? [] : [i + 1 < points.length ? merged(one, points[i + 1]) : one],
        );
      }
    }
  }

  save(): SavedCurves {
    return [...this.#curves].map(([name, { per, points }]) => ({
      name,
      per,
      points: points.map((point): Point => [...point]),
    }));
  }

  /** By step, with their other axes. Rounded to what a picture can show: hundreds of thousands of trials are kept. */
  curves(): Curve[] {
    return [...this.#curves].map(([name, { points }]) => ({
      name,
      x: 'step' as const,
      points: points.map(([step, mean]): [number, number] => [step, figures(mean, 6)]),
      axes: {
        examples: points.map((point) => point[3]),
        ...(points.every((point) => point[4] >= 0) ? { epoch: points.map((point) => figures(point[4], 5)) } : {}),
        seconds: points.map((point) => figures(point[5], 5)),
      },
    }));
  }
}

/** The mean of both, at the later place. */
function merged(a: Point, b: Point): Point {
  const count = a[2] + b[2];
  return [b[0], (a[1] * a[2] + b[1] * b[2]) / count, count, b[3], b[4], b[5]];
}

const figures = (value: number, count: number): number => Number(value.toPrecision(count));
