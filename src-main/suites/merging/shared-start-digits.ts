import { cosineMlp } from '../../engine/networks/architectures/cosine-mlp.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import type { ExpertsFacts } from '../../methods/contract.ts';
import type { Suite } from '../contract.ts';
import { expertsSuite } from './shared/experts-suite.ts';
import type { ExpertsDefinition } from './shared/experts-suite.ts';
import type { RowsDefinition, TaskDefinition } from './shared/task-rows.ts';

const headOf = (index: number): string => `head${index}`;

/** One start; from it one expert a task, with the head that the start has for this task. */
function sharedStart(tasks: number, unseen: number): ExpertsFacts {
  return {
    start: { method: 'train-start', hyperParameters: {} },
    members: Array.from({ length: tasks }, (_, expert) => ({
      name: `expert/${expert}`,
      task: expert,
      method: 'train-expert',
      hyperParameters: { expert },
      member: null,
    })),
    heads: Array.from({ length: tasks + unseen }, (_, index) => headOf(index)),
    frozenHeads: true,
  };
}

const network = (hidden: readonly number[], tasks: number): NetworkSpec =>
  cosineMlp({
    input: 784,
    hidden,
    features: 128,
    scale: 20,
    heads: Object.fromEntries(Array.from({ length: tasks }, (_, index) => [headOf(index), 10])),
    init: 'torch-default',
  });

const common = {
  version: 1,
  scenario: 'shared start',
  judged: 'own heads',
  optimiser: { kind: 'adam', lr: 3e-4 },
  references: { lower: 'best-single', upper: 'own-experts' },
  metrics: ['acc.tasks', 'acc.normalised', 'acc.unseen', 'acc.task.1', 'acc.task.2', 'acc.task.3', 'acc.task.4'],
} as const;

/** Tasks of generated digits, MNIST and shapes; the source has none of the views of the last two. */
const GENERATED = (size: { train: number; test: number; validation: number }) => {
  const { train, test, validation } = size;
  const after = train + validation;
  const task = (name: string, dataset: string, place: number, view?: TaskDefinition['view']): TaskDefinition => ({
    name,
    dataset,
    ...(view === undefined ? {} : { view }),
    train: [place * after, place * after + train],
    validation: [place * after + train, (place + 1) * after],
    scored: [0, test],
    adaptation: [test, 2 * test],
  });
  return { task };
};

export { GENERATED, sharedStart, network, common };
export type { RowsDefinition, ExpertsDefinition, Suite };
export const suites: readonly Suite[] = [];
export { expertsSuite };
