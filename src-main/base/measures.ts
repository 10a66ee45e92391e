/**
 * A number that a method measures of itself, with its words: a column of boards that no central list knows. The method
 * ends with it in its `scalars`, under this id.
 */
export interface Measure {
  /** Begins with `measure.`; methods that measure the same may share it. */
  readonly id: `measure.${string}`;
  readonly title: string;
  /** How it is computed, in a line. */
  readonly formula: string;
  /** Which way is better. */
  readonly direction: 'higher' | 'lower' | 'none';
  /** Shares are shown as per cent. */
  readonly unit: 'share' | 'nats' | 'seconds' | 'bytes' | 'count' | 'number';
}

export const MEASURE_ID = /^measure\.[a-z0-9]+(-[a-z0-9]+)*$/;

/** Whether a number of this name is a measure of the method itself. */
export const isMeasure = (id: string): id is Measure['id'] => MEASURE_ID.test(id);
