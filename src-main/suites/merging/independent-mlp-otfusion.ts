import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import type { Suite } from '../contract.ts';
import { iidSuite } from '../training/shared/iid-suite.ts';

const network = (hidden: readonly number[]): NetworkSpec =>
  mlp({ input: 784, hidden, outputs: 10, init: 'torch-default', bias: false });

const common = {
  version: 1,
  kind: 'experts',
  family: 'merging',
  scenario: 'independent merging',
  dataset: 'mnist',
  scaling: 'channels',
  references: { lower: 'best-single', upper: 'prediction-ensemble' },
  metrics: ['acc.test', 'nll.test', 'acc.validation'],
} as const;

/**
 * Pairs of nets by the recipe of the pair that comes with OTFusion's code: three unequal hidden layers without biases,
 * inputs centred and scaled by the training set's mean and deviation (.1307, .3081), plain SGD. 1,000 rows of the
 * 60,000 are kept for validation.
 */
export const suites: readonly Suite[] = [
  iidSuite({
    ...common,
    id: 'independent-mlp-otfusion/mnist',
    title: "MNIST, two independent MLPs as OTFusion's",
    limit: null,
    validationShare: 1 / 60,
    network: network([400, 200, 100]),
    epochs: 10,
    batchSize: 64,
    optimiser: { kind: 'sgd', lr: 0.01, momentum: 0.5 },
    summary: 'Two MLPs 400-200-100 without biases on MNIST; 10 epochs of SGD 0.01 with momentum 0.5, batch 64.',
  }),
  iidSuite({
    ...common,
    id: 'independent-mlp-otfusion-quick/mnist',
    quickOf: 'independent-mlp-otfusion/mnist',
    title: "MNIST, two independent MLPs as OTFusion's, quick",
    limit: { train: 3000, test: 1000 },
    validationShare: 1 / 10,
    network: network([64, 48, 32]),
    epochs: 10,
    batchSize: 25,
    optimiser: { kind: 'sgd', lr: 0.02, momentum: 0.5 },
    summary: 'Two MLPs 64-48-32 without biases on 2,700 images of MNIST: a few seconds in all.',
  }),
];
export default suites;
