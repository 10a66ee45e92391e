import type { Suite } from '../contract.ts';
import { ON_MNIST, ON_OPTDIGITS, twoShapes } from './shared/two-shapes.ts';

/**
 * Two nets of different widths from different seeds on the same data, fused into one of the second's shape: what
 * optimal transport can do and a plain average cannot. Nets without biases, as OTFusion has them.
 */
export const suites: readonly Suite[] = [
  twoShapes({
    id: 'independent-widths/mnist',
    title: 'MNIST, two nets of different widths',
    scenario: 'independent widths',
    ...ON_MNIST,
    shapes: [
      [400, 200],
      [200, 100],
    ],
    summary: 'MLPs 400-200 and 200-100 without biases on MNIST; 10 epochs of SGD 0.01 with momentum 0.5, batch 64.',
  }),
  twoShapes({
    id: 'independent-widths-quick/optdigits',
    quickOf: 'independent-widths/mnist',
    title: 'optdigits, two nets of different widths, quick',
    scenario: 'independent widths',
    ...ON_OPTDIGITS,
    shapes: [
      [64, 48],
      [32, 24],
    ],
    summary: 'MLPs 64-48 and 32-24 without biases on 1,500 rows of optdigits: a few seconds in all.',
  }),
];
export default suites;
