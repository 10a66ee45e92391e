import { mlp } from '../../../engine/networks/architectures/mlp.ts';
import type { NetworkSpec } from '../../../engine/networks/specification.ts';
import type { ExpertsFacts } from '../../../methods/contract.ts';
import type { Suite } from '../../contract.ts';
import { expertsSuite } from './experts-suite.ts';
import type { ExpertsDefinition } from './experts-suite.ts';
import { spansFrom } from './task-rows.ts';
import { trainedExpert } from './trained-expert.ts';

const network = (input: number, hidden: readonly number[]): NetworkSpec =>
  mlp({ input, hidden, outputs: 10, init: 'torch-default', bias: false });

/** Two nets of one task; the second has the shape of the suite's network. */
const facts = (networks: readonly NetworkSpec[]): ExpertsFacts => ({
  start: null,
  members: networks.map((own, expert) => trainedExpert(expert, { task: 0, member: expert, network: own })),
  heads: ['output'],
  frozenHeads: false,
});

interface Shapes extends Pick<
  ExpertsDefinition,
  'id' | 'title' | 'summary' | 'scenario' | 'quickOf' | 'tasks' | 'epochs' | 'batchSize' | 'optimiser'
> {
  readonly input: number;
  /** Hidden layers of the first net, and of the second, whose shape the fused one has. */
  readonly shapes: readonly [readonly number[], readonly number[]];
}

/** As OTFusion trains its nets. */
export const ON_MNIST = {
  input: 784,
  tasks: [
    { name: 'MNIST', dataset: 'mnist', ...spansFrom(0, { train: 55_000, validation: 5000 }), scored: [0, 10_000] },
  ],
  epochs: 10,
  batchSize: 64,
  optimiser: { kind: 'sgd', lr: 0.01, momentum: 0.5 },
} as const satisfies Partial<Shapes>;

/** A few seconds in all. */
export const ON_OPTDIGITS = {
  input: 64,
  tasks: [
    { name: 'optdigits', dataset: 'optdigits', ...spansFrom(0, { train: 1500, validation: 500 }), scored: [0, 1000] },
  ],
  epochs: 20,
  batchSize: 32,
  optimiser: { kind: 'adam', lr: 1e-3 },
} as const satisfies Partial<Shapes>;

/** Two nets of two shapes from different seeds on the same data, without biases, as OTFusion has them. */
export function twoShapes({ input, shapes, ...more }: Shapes): Suite {
  return expertsSuite({
    ...more,
    version: 1,
    judged: 'own heads',
    source: null,
    network: network(input, shapes[1]),
    facts: facts(shapes.map((hidden) => network(input, hidden))),
    references: { lower: 'best-single', upper: 'prediction-ensemble' },
    metrics: ['acc.test', 'acc.normalised', 'nll.test', 'acc.validation'],
  });
}
