import type { MeasuredRoom } from './room.ts';

/** Measured by `tests/measure-room.ts`; on TensorFlow, one thread. */
export const MEASURED_ROOM: Readonly<Record<string, MeasuredRoom>> = {
  'shared-start-digits-generated': { version: 1, seeds: [1], start: [0.748], average: [0.83] },
  'shared-start-digits-generated-quick': { version: 1, seeds: [1], start: [0.802], average: [0.859] },
  'shared-start-digits-fashion': { version: 1, seeds: [1], start: [0.8], average: [0.87] },
};
