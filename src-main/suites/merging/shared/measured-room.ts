/** What was measured of a suite, seed by seed: normalised accuracy of the start and of the plain average. */
export interface MeasuredRoom {
  readonly version: number;
  readonly seeds: readonly number[];
  readonly start: readonly number[];
  readonly average: readonly number[];
}

/** Measured by `tests/measure-room.ts`; on TensorFlow, one thread. */
export const MEASURED_ROOM: Readonly<Record<string, MeasuredRoom>> = {
  'shared-start-digits-generated': { version: 1, seeds: [1], start: [0.748], average: [0.83] },
  'shared-start-digits-generated-quick': { version: 1, seeds: [1], start: [0.802], average: [0.859] },
  'shared-start-digits-fashion-quick': { version: 1, seeds: [1], start: [0.8], average: [0.87] },
  'shared-start-digits-fashion': { version: 1, seeds: [1], start: [0.8], average: [0.87] },
};
