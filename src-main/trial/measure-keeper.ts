import { z } from 'zod';
import type { TrialEvent } from '../methods/contract.ts';
import type { Curve } from '../metrics/primitives.ts';

export type MeasureEvent = Extract<TrialEvent, { kind: 'measure' }>;

const savedMeasure = z.object({
  curve: z.string(),
  axis: z.enum(['step', 'epoch']),
  points: z.array(z.tuple([z.number(), z.number()])),
});
export const savedMeasures = z.array(savedMeasure);
export type SavedMeasures = z.infer<typeof savedMeasures>;

/** A trial keeps at most so many points, over all of its curves. */
export const MOST_MEASURES = 20_000;

/**
 * The curves that a method measures itself over the course of a trial. Every point is kept as it is given: metrics are
 * computed from them, so unlike what progress shows, nothing is averaged, rounded or left out.
 */
export class MeasureKeeper {
  readonly #curves: Map<string, SavedMeasures[number]>;
  #count: number;

  constructor(saved: SavedMeasures = []) {
    this.#curves = new Map(saved.map(({ curve, axis, points }) => [curve, { curve, axis, points: [...points] }]));
    this.#count = saved.reduce((sum, { points }) => sum + points.length, 0);
  }

  /**
   * Keeps a point; false where y is not finite, which has no point.
   *
   * @throws Error where a curve changes its axis, x does not grow, or there are more than `MOST_MEASURES` points.
   */
  add({ curve, axis, x, y }: MeasureEvent): boolean {
    const kept = this.#curves.get(curve) ?? { curve, axis, points: [] };
    if (kept.axis !== axis)
      throw new Error(`The curve "${curve}" is measured by ${kept.axis}; a method yields a point of it by ${axis}.`);
    const last = kept.points.at(-1);
    if (!Number.isFinite(x) || (last !== undefined && x <= last[0]))
      throw new Error(
        `The curve "${curve}" has a point at ${axis} ${x}${last === undefined ? '' : ` after one at ${last[0]}`}: ` +
          `the ${axis} must be a number that grows.`,
      );
    if (!Number.isFinite(y)) return false;
    if (this.#count === MOST_MEASURES)
      throw new Error(
        `A trial keeps at most ${MOST_MEASURES} measured points; "${curve}" is beyond that at ${axis} ${x}. ` +
          'Measure less often.',
      );
    this.#count += 1;
    // JSON has no -0.
    kept.points.push([x, y === 0 ? 0 : y]);
    this.#curves.set(curve, kept);
    return true;
  }

  save(): SavedMeasures {
    return [...this.#curves.values()].map(({ curve, axis, points }) => ({ curve, axis, points: [...points] }));
  }

  curves(): Curve[] {
    return this.save().map(({ curve, axis, points }) => ({ name: curve, x: axis, points }));
  }
}
