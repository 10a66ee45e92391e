import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import type { Suite } from '../contract.ts';
import { iidSuite } from '../training/shared/iid-suite.ts';

const network = (input: number, hidden: readonly number[]): NetworkSpec =>
  mlp({ input, hidden, outputs: 10, init: 'torch-default' });

const common = {
  version: 1,
  kind: 'experts',
  family: 'merging',
  scenario: 'stitching',
  scaling: 'none',
  validationShare: 0.1,
  optimiser: { kind: 'adam', lr: 1e-3 },
  references: { lower: 'best-single', upper: 'prediction-ensemble' },
  metrics: ['acc.test', 'nll.test', 'acc.validation'],
} as const;

/**
 * Two encoders from different seeds on the same data: the hidden layers of two trained nets. What is learned on top of
 * one is to answer on top of the other, which it never saw.
 */
export const suites: readonly Suite[] = [
  iidSuite({
    ...common,
    id: 'stitching/mnist',
    title: 'MNIST, two encoders to be stitched',
    dataset: 'mnist',
    limit: null,
    network: network(784, [256, 128]),
    epochs: 10,
    batchSize: 128,
    summary: 'Encoders 256-128 of two MLPs from different seeds on MNIST; 10 epochs, batch 128, Adam 1e-3.',
  }),
  iidSuite({
    ...common,
    id: 'stitching-quick/optdigits',
    quickOf: 'stitching/mnist',
    title: 'optdigits, two encoders to be stitched, quick',
    dataset: 'optdigits',
    limit: { train: 1500, test: 1000 },
    network: network(64, [64, 32]),
    epochs: 20,
    batchSize: 32,
    summary: 'Encoders 64-32 of two MLPs on 1,350 rows of optdigits: a few seconds in all.',
  }),
];
export default suites;
