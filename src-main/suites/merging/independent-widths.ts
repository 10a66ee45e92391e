import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import type { ExpertsFacts } from '../../methods/contract.ts';
import type { Suite } from '../contract.ts';
import { expertsSuite } from './shared/experts-suite.ts';
import type { ExpertsDefinition } from './shared/experts-suite.ts';

const network = (input: number, hidden: readonly number[]): NetworkSpec =>
  mlp({ input, hidden, outputs: 10, init: 'torch-default', bias: false });

/** Two nets of one task; the second has the shape of the suite's network. */
const facts = (networks: readonly NetworkSpec[]): ExpertsFacts => ({
  start: null,
  members: networks.map((own, expert) => ({
    name: `expert/${expert}`,
    task: 0,
    method: 'train-expert',
    hyperParameters: { expert },
    member: expert,
    network: own,
  })),
  heads: ['output'],
  frozenHeads: false,
});

interface Widths extends Pick<
  ExpertsDefinition,
  'id' | 'title' | 'summary' | 'quickOf' | 'tasks' | 'epochs' | 'batchSize' | 'optimiser'
> {
  readonly input: number;
  /** Of the first net, and of the second, which has fewer units. */
  readonly wide: readonly number[];
  readonly narrow: readonly number[];
}

function widths({ input, wide, narrow, ...more }: Widths): Suite {
  return expertsSuite({
    ...more,
    version: 1,
    scenario: 'independent widths',
    judged: 'own heads',
    source: null,
    network: network(input, narrow),
    facts: facts([network(input, wide), network(input, narrow)]),
    references: { lower: 'best-single', upper: 'prediction-ensemble' },
    metrics: ['acc.test', 'acc.normalised', 'nll.test', 'acc.validation'],
  });
}

/**
 * Two nets of different widths from different seeds on the same data, fused into one of the second's shape: what
 * optimal transport can do and a plain average cannot. Nets without biases, as OTFusion has them.
 */
export const suites: readonly Suite[] = [
  widths({
    id: 'independent-widths/mnist',
    title: 'MNIST, two nets of different widths',
    input: 784,
    wide: [400, 200],
    narrow: [200, 100],
    tasks: [{ name: 'MNIST', dataset: 'mnist', train: [0, 55_000], validation: [55_000, 60_000], scored: [0, 10_000] }],
    epochs: 10,
    batchSize: 64,
    optimiser: { kind: 'sgd', lr: 0.01, momentum: 0.5 },
    summary: 'MLPs 400-200 and 200-100 without biases on MNIST; 10 epochs of SGD 0.01 with momentum 0.5, batch 64.',
  }),
  widths({
    id: 'independent-widths-quick/optdigits',
    quickOf: 'independent-widths/mnist',
    title: 'optdigits, two nets of different widths, quick',
    input: 64,
    wide: [64, 48],
    narrow: [32, 24],
    tasks: [{ name: 'optdigits', dataset: 'optdigits', train: [0, 1500], validation: [1500, 2000], scored: [0, 1000] }],
    epochs: 20,
    batchSize: 32,
    optimiser: { kind: 'adam', lr: 1e-3 },
    summary: 'MLPs 64-48 and 32-24 without biases on 1,500 rows of optdigits: a few seconds in all.',
  }),
];
export default suites;
