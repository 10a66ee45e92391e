import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { Suite } from '../contract.ts';
import { expertsSuite } from './shared/experts-suite.ts';
import { spansFrom } from './shared/task-rows.ts';
import type { ExpertsDefinition } from './shared/experts-suite.ts';

interface OneRun extends Pick<ExpertsDefinition, 'id' | 'title' | 'summary' | 'quickOf' | 'epochs'> {
  readonly version: number;
  readonly hidden: readonly number[];
  readonly checkpoints: number;
  /** A large constant rate: the last step is far from the middle of the valley. */
  readonly rate: number;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

function oneRun({ hidden, checkpoints, rate, train, validation, test, ...named }: OneRun): Suite {
  return expertsSuite({
    ...named,
    scenario: 'checkpoints of one run',
    judged: 'own heads',
    network: mlp({ input: 784, hidden, outputs: 10, init: 'torch-default' }),
    facts: {
      start: null,
      // One training leaves them all.
      members: Array.from({ length: checkpoints }, (_, k) => ({
        name: `expert/${k}`,
        artefact: `checkpoint/${k + 1}`,
        task: 0,
        method: 'train-expert',
        hyperParameters: { expert: 0, checkpoints },
        member: null,
      })),
      heads: ['output'],
      frozenHeads: false,
    },
    tasks: [
      {
        name: 'MNIST',
        dataset: 'mnist',
        ...spansFrom(0, { train, validation }),
        scored: [0, test],
      },
    ],
    source: null,
    batchSize: 32,
    optimiser: { kind: 'sgd', lr: rate, momentum: 0.9 },
    references: { lower: 'last-checkpoint', upper: 'prediction-ensemble' },
    metrics: ['acc.test', 'nll.test', 'acc.validation', 'nll.validation'],
  });
}

/** Checkpoints of one training at a large constant rate, evenly over its steps, to be made one. */
export const suites: readonly Suite[] = [
  oneRun({
    id: 'checkpoints-of-one-run',
    title: 'MNIST, 30 checkpoints of one run',
    // At a rate of 0.2 (version 1) nets of two hidden layers ended at 25 %.
    version: 2,
    hidden: [256, 128],
    checkpoints: 30,
    rate: 0.1,
    epochs: 15,
    train: 10_000,
    validation: 2000,
    test: 8000,
    summary: 'An MLP 784-256-128 on 10,000 rows of MNIST by SGD .1 with momentum .9, kept 30 times in 15 epochs.',
  }),
  oneRun({
    id: 'checkpoints-of-one-run-quick',
    quickOf: 'checkpoints-of-one-run',
    title: 'MNIST, 10 checkpoints of one run, quick',
    version: 1,
    hidden: [64],
    checkpoints: 10,
    rate: 0.2,
    epochs: 10,
    train: 1500,
    validation: 500,
    test: 1000,
    summary: 'The same with a net 784-64 on 1,500 rows, kept 10 times in 10 epochs: a few seconds in all.',
  }),
];
export default suites;
