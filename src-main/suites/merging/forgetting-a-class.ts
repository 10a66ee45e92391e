import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { ExpertFacts } from '../../methods/contract.ts';
import type { Suite } from '../contract.ts';
import { expertsSuite } from './shared/experts-suite.ts';
import type { ExpertsDefinition } from './shared/experts-suite.ts';
import { trainedExpert } from './shared/trained-expert.ts';

/** The classes that are to be forgotten, and those that stay. */
const TARGET = [7] as const;
const CONTROL = [0, 1, 2, 3, 4, 5, 6, 8, 9] as const;

interface Forgetting extends Pick<ExpertsDefinition, 'id' | 'title' | 'summary' | 'quickOf'> {
  readonly hidden: readonly number[];
  /** Rows that the start was trained on, of all classes; of the target those that experts are trained on. */
  readonly source: number;
  readonly target: number;
  readonly validation: number;
  readonly test: number;
  readonly experts: number;
}

/** Experts by rates spread over a decade, each with an order of its own. */
const experts = (count: number): ExpertFacts[] =>
  Array.from({ length: count }, (_, expert) =>
    trainedExpert(expert, {
      task: 0,
      run: {
        order: expert + 1,
        learningRate: Number((1e-4 * 10 ** (expert / (count - 1))).toPrecision(3)),
        epochs: 2 + (expert % 3),
        ...(expert % 2 === 1 ? { noise: 0.2 } : {}),
      },
    }),
  );

function forgetting({ hidden, source, target, validation, test, experts: count, ...named }: Forgetting): Suite {
  // Rows of one class beyond any that a draw of `source` rows of all classes takes.
  const beyond = Math.ceil(1.5 * (source / 10));
  const training = { epochs: 8, batchSize: 128, optimiser: { kind: 'adam', lr: 1e-3 } } as const;
  return expertsSuite({
    ...named,
    version: 1,
    scenario: 'forgetting a class',
    judged: 'own heads',
    network: mlp({ input: 784, hidden, outputs: 10, init: 'torch-default' }),
    facts: {
      start: { method: 'train-start', hyperParameters: { head: 'trained' } },
      members: experts(count),
      heads: ['output', 'output'],
      frozenHeads: true,
      forgets: { target: 0, control: 1 },
    },
    tasks: [
      {
        name: 'The class to forget',
        measuredAs: 'target',
        dataset: 'mnist',
        only: TARGET,
        train: [0, target],
        validation: [beyond, beyond + validation],
        scored: [0, test],
      },
      {
        name: 'The other classes',
        measuredAs: 'control',
        dataset: 'mnist',
        only: CONTROL,
        train: [0, 9 * target],
        validation: [9 * beyond, 9 * (beyond + validation)],
        scored: [0, 8 * test],
      },
    ],
    source: {
      parts: [{ dataset: 'mnist', train: [0, source] }],
      retained: [{ dataset: 'mnist', only: CONTROL, train: [0, Math.floor(0.9 * source)] }],
      shots: 10,
      ...training,
    },
    epochs: 3,
    batchSize: 64,
    optimiser: { kind: 'adam', lr: 3e-4 },
    references: { lower: 'start', upper: 'retrained' },
    metrics: ['acc.target', 'acc.control'],
  });
}

/**
 * Machine unlearning: a net that knows ten digits is to forget one and keep the others. Experts are fine-tunings of
 * this net on the digit to forget, with a frozen head; methods take away what these learned.
 */
export const suites: readonly Suite[] = [
  forgetting({
    id: 'forgetting-a-class',
    title: 'MNIST, forgetting a digit',
    hidden: [256, 128],
    source: 30_000,
    target: 2400,
    validation: 300,
    test: 1000,
    experts: 10,
    summary:
      'An MLP 784-256-128 on 30,000 rows of MNIST is to forget the digit 7; ten fine-tunings on 2,400 rows of it, ' +
      'with rates from 1e-4 to 1e-3.',
  }),
  forgetting({
    id: 'forgetting-a-class-quick',
    quickOf: 'forgetting-a-class',
    title: 'MNIST, forgetting a digit, quick',
    hidden: [64, 64],
    source: 5000,
    target: 400,
    validation: 60,
    test: 250,
    experts: 5,
    summary: 'The same with a net 784-64-64 on 5,000 rows and five fine-tunings: a few seconds in all.',
  }),
];
export default suites;
