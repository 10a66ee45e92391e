import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { HeadSpec, NetworkSpec } from '../../engine/networks/specification.ts';
import type { ExpertsFacts } from '../../methods/contract.ts';
import type { Suite } from '../contract.ts';
import { expertsSuite } from './shared/experts-suite.ts';
import { spansFrom } from './shared/task-rows.ts';
import type { Span, TaskDefinition } from './shared/task-rows.ts';
import { trainedExpert } from './shared/trained-expert.ts';

const HALVES = [
  { head: 'first', name: 'Digits 0 to 4', classes: [0, 1, 2, 3, 4] },
  { head: 'second', name: 'Digits 5 to 9', classes: [5, 6, 7, 8, 9] },
] as const;

/** One trunk with a head of five outputs for each half of the classes. */
function network(hidden: readonly number[], halves: readonly (typeof HALVES)[number][]): NetworkSpec {
  const plain = mlp({ input: 784, hidden, outputs: 5, init: 'torch-default' });
  const [first, ...others] = halves.map(({ head, classes }): HeadSpec => ({ name: head, outputs: classes.length }));
  return {
    ...plain,
    architecture: { ...plain.architecture, heads: halves.map(({ head }) => head) },
    heads: [first ?? plain.heads[0], ...others],
  };
}

const facts = (hidden: readonly number[]): ExpertsFacts => ({
  start: null,
  members: HALVES.map((half, task) => trainedExpert(task, { task, member: task, network: network(hidden, [half]) })),
  heads: HALVES.map(({ head }) => head),
  frozenHeads: false,
});

/** Rows of each half: for training, for validation, and scored. */
interface Sizes {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

const tasks = (sizes: Sizes): TaskDefinition[] =>
  HALVES.map(({ name, classes }) => ({
    name,
    dataset: 'mnist',
    classes,
    ...spansFrom(0, sizes),
    scored: [0, sizes.test] satisfies Span,
  }));

const common = {
  version: 1,
  scenario: 'disjoint classes',
  judged: 'joint',
  source: null,
  optimiser: { kind: 'adam', lr: 1e-3 },
  references: { lower: 'best-single', upper: 'own-experts' },
  metrics: ['acc.test', 'acc.tasks', 'acc.task.1', 'acc.task.2', 'acc.normalised', 'nll.test'],
} as const;

/**
 * Two nets that were trained apart on the two halves of the digits, to be made one, as ZipIt! has it: judged over all
 * ten classes (each half's distribution over its own classes, side by side) and on each half by itself.
 */
export const suites: readonly Suite[] = [
  expertsSuite({
    ...common,
    id: 'disjoint-classes/mnist',
    title: 'MNIST, two nets on halves of the classes',
    network: network([256, 256], HALVES),
    facts: facts([256, 256]),
    tasks: tasks({ train: 28_000, validation: 1000, test: 4800 }),
    epochs: 10,
    batchSize: 128,
    summary:
      'Two MLPs 784-256-256 from different seeds, one on the digits 0 to 4, one on 5 to 9; 10 epochs of Adam 1e-3.',
  }),
  expertsSuite({
    ...common,
    id: 'disjoint-classes-quick/mnist',
    quickOf: 'disjoint-classes/mnist',
    title: 'MNIST, two nets on halves of the classes, quick',
    network: network([64, 64], HALVES),
    facts: facts([64, 64]),
    tasks: tasks({ train: 1500, validation: 300, test: 500 }),
    epochs: 8,
    batchSize: 50,
    summary: 'Two MLPs 784-64-64 on 1,500 rows of each half: a few seconds in all.',
  }),
];
export default suites;
