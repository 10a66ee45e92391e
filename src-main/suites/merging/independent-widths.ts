import type { Suite } from '../contract.ts';
import { twoShapes } from './shared/two-shapes.ts';

/**
 * Two nets of different widths from different seeds on the same data, fused into one of the second's shape: what
 * optimal transport can do and a plain average cannot. Nets without biases, as OTFusion has them.
 */
export const suites: readonly Suite[] = [
  twoShapes({
    id: 'independent-widths/mnist',
    title: 'MNIST, two nets of different widths',
    scenario: 'independent widths',
    input: 784,
    shapes: [
      [400, 200],
      [200, 100],
    ],
    tasks: [{ name: 'MNIST', dataset: 'mnist', train: [0, 55_000], validation: [55_000, 60_000], scored: [0, 10_000] }],
    epochs: 10,
    batchSize: 64,
    optimiser: { kind: 'sgd', lr: 0.01, momentum: 0.5 },
    summary: 'MLPs 400-200 and 200-100 without biases on MNIST; 10 epochs of SGD 0.01 with momentum 0.5, batch 64.',
  }),
  twoShapes({
    id: 'independent-widths-quick/optdigits',
    quickOf: 'independent-widths/mnist',
    title: 'optdigits, two nets of different widths, quick',
    scenario: 'independent widths',
    input: 64,
    shapes: [
      [64, 48],
      [32, 24],
    ],
    tasks: [{ name: 'optdigits', dataset: 'optdigits', train: [0, 1500], validation: [1500, 2000], scored: [0, 1000] }],
    epochs: 20,
    batchSize: 32,
    optimiser: { kind: 'adam', lr: 1e-3 },
    summary: 'MLPs 64-48 and 32-24 without biases on 1,500 rows of optdigits: a few seconds in all.',
  }),
];
export default suites;
