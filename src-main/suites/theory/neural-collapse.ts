import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { Suite } from '../contract.ts';
import { probeSuite } from './shared/probe-suite.ts';

const MEASURES = ['nc1', 'nc2-norms', 'nc2-angles', 'nc3', 'nc4'] as const;
const common = {
  version: 1,
  scenario: 'neural-collapse',
  dataset: 'mnist',
  optimiser: { kind: 'sgd', lr: 0.1, momentum: 0.9, weightDecay: 5e-3 },
  metrics: [
    ...MEASURES.map((measure) => `${measure}.papyan20.fall`),
    'collapse.zero-error-epoch',
    ...MEASURES.map((measure) => `${measure}.papyan20.zero-error`),
    ...MEASURES.map((measure) => `${measure}.papyan20.end`),
  ],
  method: 'neural-collapse',
} as const;

/** MNIST with as many rows of each class, trained far beyond zero training error (Papyan, Han & Donoho 2020). */
export const suites: readonly Suite[] = [
  probeSuite({
    ...common,
    id: 'neural-collapse/mnist',
    title: 'Neural collapse, MNIST',
    summary: '300 images of each digit, MLP 512-512 with batch norm, 200 epochs of SGD with momentum, batch 256.',
    rowsPerClass: { train: 300, test: 100 },
    network: mlp({ input: 784, hidden: [512, 512], outputs: 10, init: 'he-normal', batchNorm: true }),
    epochs: 200,
    batchSize: 256,
  }),
  probeSuite({
    ...common,
    id: 'neural-collapse/mnist-quick',
    title: 'Neural collapse, MNIST, quick',
    quickOf: 'neural-collapse/mnist',
    summary: '100 images of each digit, MLP 256-256 with batch norm, 60 epochs: a few seconds a trial.',
    rowsPerClass: { train: 100, test: 50 },
    network: mlp({ input: 784, hidden: [256, 256], outputs: 10, init: 'he-normal', batchNorm: true }),
    epochs: 60,
    batchSize: 64,
  }),
];
export default suites;
