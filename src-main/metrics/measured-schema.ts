import { z } from 'zod';
import { CURVE_AXES, CURVE_X } from './primitives.ts';

/**
 * The one schema of what a trial measured and cost. It is read in three places: from a worker's message, from the
 * database, from a report of anywhere. They differ in how a number and a text are written and in how much of each is
 * taken.
 */

/** `most` is what a file of anywhere may hold; the program's own places need not look at it. */
export interface Writing {
  /** A measured value: may be NaN or infinite. */
  readonly measured: z.ZodType<number>;
  /** An amount of something, or a count that may be too large for a whole number. */
  readonly amount: z.ZodType<number>;
  /** A whole number. */
  readonly count: z.ZodType<number>;
  text(most: number): z.ZodType<string>;
  list<T>(element: z.ZodType<T>, most: number): z.ZodType<T[]>;
  dictionary<T>(value: z.ZodType<T>, most: number): z.ZodType<Record<string, T>>;
}

export function measuredSchemas({ measured, amount, count, text, list, dictionary }: Writing) {
  return {
    matrices: dictionary(list(list(measured, 1_000), 1_000), 100),
    curves: list(
      z.strictObject({
        name: text(200),
        x: z.enum(CURVE_X),
        points: list(z.tuple([measured, measured]), 100_000),
        axes: z.partialRecord(z.enum(CURVE_AXES), list(measured, 100_000)).optional(),
      }),
      1_000,
    ),
    scalars: dictionary(measured, 1_000),
    cost: z.strictObject({
      seconds: amount,
      steps: amount,
      flops: amount,
      examples: amount,
      forwardPasses: amount,
      backwardPasses: amount,
      bytesStored: amount.nullable(),
      parameters: amount.nullable(),
      inferenceFlops: amount.nullable(),
      peakMemoryBytes: amount,
      workers: count,
    }),
    environment: z.strictObject({
      backend: text(100),
      numerics: text(200),
      versions: dictionary(text(200), 100),
      cpu: text(500),
      gpu: text(500).nullable(),
      threads: count,
      platform: text(500),
    }),
  };
}

/** As the program writes to itself: nothing is bounded. */
export const trusting = (measured: z.ZodType<number>): Writing => ({
  measured,
  amount: z.number(),
  count: z.int(),
  text: () => z.string(),
  list: (element) => z.array(element),
  dictionary: (value) => z.record(z.string(), value),
});
