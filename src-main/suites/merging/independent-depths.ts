import type { Suite } from '../contract.ts';
import { twoShapes } from './shared/two-shapes.ts';

/**
 * Two nets of different depths from different seeds on the same data, fused into one as deep as the deeper: what
 * CLAFusion adds to OTFusion. All hidden layers are of one width, so that a shallower net to which identity layers were
 * added can also be averaged as it is.
 */
export const suites: readonly Suite[] = [
  twoShapes({
    id: 'independent-depths/mnist',
    title: 'MNIST, two nets of different depths',
    scenario: 'independent depths',
    input: 784,
    shapes: [
      [128, 128],
      [128, 128, 128, 128],
    ],
    tasks: [{ name: 'MNIST', dataset: 'mnist', train: [0, 55_000], validation: [55_000, 60_000], scored: [0, 10_000] }],
    epochs: 10,
    batchSize: 64,
    optimiser: { kind: 'sgd', lr: 0.01, momentum: 0.5 },
    summary: 'MLPs of 2 and 4 hidden layers of 128 without biases on MNIST; 10 epochs of SGD 0.01 with momentum 0.5.',
  }),
  twoShapes({
    id: 'independent-depths-quick/optdigits',
    quickOf: 'independent-depths/mnist',
    title: 'optdigits, two nets of different depths, quick',
    scenario: 'independent depths',
    input: 64,
    shapes: [
      [48, 48],
      [48, 48, 48, 48],
    ],
    tasks: [{ name: 'optdigits', dataset: 'optdigits', train: [0, 1500], validation: [1500, 2000], scored: [0, 1000] }],
    epochs: 20,
    batchSize: 32,
    optimiser: { kind: 'adam', lr: 1e-3 },
    summary: 'MLPs of 2 and 4 hidden layers of 48 without biases on 1,500 rows of optdigits: a few seconds in all.',
  }),
];
export default suites;
