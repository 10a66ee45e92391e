import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { Suite } from '../contract.ts';
import { probeSuite } from './shared/probe-suite.ts';

const common = {
  version: 1,
  scenario: 'grokking',
  dataset: 'modular-addition-97',
  rowsPerClass: null,
  optimiser: { kind: 'adamw', lr: 0.01, weightDecay: 1 },
  metrics: ['grokking.delay-ratio', 'grokking.delay-steps', 'grokking.train99-step', 'grokking.test95-step'],
  method: 'grokking',
} as const;
const network = (hidden: number) => mlp({ input: 194, hidden: [hidden], outputs: 97, init: 'torch-default' });

/** Addition modulo 97 (Power et al. 2022), half of the table for training, a net with one hidden layer. */
export const suites: readonly Suite[] = [
  probeSuite({
    ...common,
    id: 'grokking/mod-97',
    title: 'Grokking, addition modulo 97',
    summary: 'Half of all pairs for training, the other half for testing; MLP 128, 3,000 steps on all training rows.',
    network: network(128),
    epochs: 3000,
    batchSize: 4704,
  }),
  probeSuite({
    ...common,
    id: 'grokking/mod-97-quick',
    title: 'Grokking, addition modulo 97, quick',
    quickOf: 'grokking/mod-97',
    summary: 'The same table, MLP 256, 1,000 steps of batch 512: some seconds a trial, and a shorter delay.',
    network: network(256),
    epochs: 100,
    steps: 1000,
    batchSize: 512,
  }),
];
export default suites;
