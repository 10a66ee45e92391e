/** What was measured of a suite, seed by seed: normalised accuracy of the start and of the plain average. */
export interface MeasuredRoom {
  readonly version: number;
  readonly seeds: readonly number[];
  readonly start: readonly number[];
  readonly average: readonly number[];
}

/** `acc.normalised.start` and `acc.normalised` of the method weight-average, on TensorFlow. */
export const MEASURED_ROOM: Readonly<Record<string, MeasuredRoom>> = {
  'shared-start-digits-generated': {
    version: 1,
    seeds: [1, 2, 3],
    start: [0.7481, 0.7437, 0.7483],
    average: [0.8296, 0.837, 0.8224],
  },
  'shared-start-digits-generated-quick': {
    version: 1,
    seeds: [1, 2, 3],
    start: [0.7982, 0.7946, 0.8003],
    average: [0.8772, 0.8688, 0.8662],
  },
  'shared-start-digits-fashion': {
    version: 1,
    seeds: [1, 2, 3],
    start: [0.7983, 0.7893, 0.7941],
    average: [0.8688, 0.8676, 0.8644],
  },
  'shared-start-digits-fashion-quick': {
    version: 1,
    seeds: [1, 2, 3],
    start: [0.8234, 0.8492, 0.8515],
    average: [0.8819, 0.9027, 0.9022],
  },
  'shared-start-8-generated': {
    version: 1,
    seeds: [0, 1, 2],
    start: [0.7011, 0.6956, 0.6877],
    average: [0.7596, 0.7556, 0.7483],
  },
  'shared-start-8-generated-quick': {
    version: 1,
    seeds: [0, 1, 2],
    start: [0.7128, 0.6951, 0.7016],
    average: [0.7315, 0.7406, 0.7629],
  },
  'shared-start-8-deep-quick': {
    version: 1,
    seeds: [0, 1, 2],
    start: [0.7075, 0.6654, 0.6725],
    average: [0.7468, 0.704, 0.6888],
  },
  'shared-start-8-quick': {
    version: 1,
    seeds: [0, 1, 2],
    start: [0.7699, 0.7826, 0.7705],
    average: [0.8086, 0.8097, 0.8015],
  },
  'shared-start-8-inverted-quick': {
    version: 1,
    seeds: [0, 1, 2],
    start: [0.851, 0.8502, 0.8379],
    average: [0.8064, 0.7738, 0.8193],
  },
  'shared-start-linear-heads-quick': {
    version: 1,
    seeds: [0, 1, 2],
    start: [0.7791, 0.7899, 0.7808],
    average: [0.7843, 0.7498, 0.7851],
  },
};
