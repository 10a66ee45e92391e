import type { Suite } from '../contract.ts';
import { ON_MNIST, ON_OPTDIGITS, twoShapes } from './shared/two-shapes.ts';

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
    ...ON_MNIST,
    shapes: [
      [128, 128],
      [128, 128, 128, 128],
    ],
    summary: 'MLPs of 2 and 4 hidden layers of 128 without biases on MNIST; 10 epochs of SGD 0.01 with momentum 0.5.',
  }),
  twoShapes({
    id: 'independent-depths-quick/optdigits',
    quickOf: 'independent-depths/mnist',
    title: 'optdigits, two nets of different depths, quick',
    scenario: 'independent depths',
    ...ON_OPTDIGITS,
    shapes: [
      [48, 48],
      [48, 48, 48, 48],
    ],
    summary: 'MLPs of 2 and 4 hidden layers of 48 without biases on 1,500 rows of optdigits: a few seconds in all.',
  }),
];
export default suites;
