import { cosineMlp } from '../../../engine/networks/architectures/cosine-mlp.ts';
import { mlp } from '../../../engine/networks/architectures/mlp.ts';
import type { NetworkSpec } from '../../../engine/networks/specification.ts';
import type { ExpertsFacts, HyperParameters } from '../../../methods/contract.ts';
import type { Suite } from '../../contract.ts';
import { expertsSuite } from './experts-suite.ts';
import type { ExpertsDefinition } from './experts-suite.ts';
import { trainedExpert } from './trained-expert.ts';
import { spansFrom } from './task-rows.ts';
import type { RowsDefinition, Span, TaskDefinition } from './task-rows.ts';

/** Numbers that the heads are given. */
const FEATURES = 128;
/** Every data set of these suites has ten classes, where a task does not take some of them. */
const CLASSES = 10;

const headOf = (index: number): string => `head${index}`;

/** One start; from it one expert a task, with the head that the start has for this task. */
function sharedStart(tasks: number, unseen: number, run: HyperParameters): ExpertsFacts {
  return {
    start: { method: 'train-start', hyperParameters: {} },
    members: Array.from({ length: tasks }, (_, task) => trainedExpert(task, { task, run })),
    heads: Array.from({ length: tasks + unseen }, (_, index) => headOf(index)),
    frozenHeads: true,
  };
}

export interface SharedStart extends Omit<
  ExpertsDefinition,
  'network' | 'facts' | 'version' | 'scenario' | 'judged' | 'references' | 'metrics'
> {
  readonly hidden: readonly number[];
  /** Every hidden layer's answers are normalised: four tensors a layer in place of two. */
  readonly norm?: 'layer';
  /**
   * `cosine` unless told: features of unit length and heads of class means. `linear`: ReLU features as they are and
   * heads with biases, fitted to a few rows.
   */
  readonly heads?: 'cosine' | 'linear';
  /** How experts are trained, where that is not as the suite's budget says. */
  readonly run?: HyperParameters;
  readonly scenario?: string;
}

/** Experts from one start by task arithmetic's protocol: the trunk is fine-tuned on each task, heads stay frozen. */
export function sharedStartSuite({
  hidden,
  norm,
  heads = 'cosine',
  run = {},
  scenario = 'shared start',
  ...shared
}: SharedStart): Suite {
  const { tasks, unseen = [] } = shared;
  return expertsSuite({
    ...shared,
    version: 1,
    scenario,
    judged: 'own heads',
    network: networkOf(
      [...tasks, ...unseen].map(({ classes }) => classes?.length ?? CLASSES),
      { hidden, heads, ...(norm === undefined ? {} : { norm }) },
    ),
    facts: sharedStart(tasks.length, unseen.length, run),
    references: { lower: 'best-single', upper: 'own-experts' },
    metrics: [
      'acc.tasks',
      'acc.normalised',
      'acc.unseen',
      ...tasks.map((_, index) => `acc.task.${index + 1}`),
      'acc.normalised.start',
    ],
  });
}

function networkOf(
  outputs: readonly number[],
  { hidden, norm, heads: kind }: Pick<SharedStart, 'hidden' | 'norm' | 'heads'>,
): NetworkSpec {
  if (kind === 'cosine')
    return cosineMlp({
      input: 784,
      hidden,
      features: FEATURES,
      scale: 20,
      heads: Object.fromEntries(outputs.map((count, index) => [headOf(index), count])),
      init: 'torch-default',
      ...(norm === undefined ? {} : { norm }),
    });
  const plain = mlp({ input: 784, hidden: [...hidden, FEATURES], outputs: CLASSES, init: 'torch-default' });
  const [first = plain.heads[0], ...others] = outputs.map((count, index) => ({ name: headOf(index), outputs: count }));
  const heads = Object.fromEntries([first, ...others].map((head) => [head.name, head.outputs]));
  return { ...plain, architecture: { ...plain.architecture, heads }, heads: [first, ...others] };
}

/** How many rows of a task are for training, for validation, and scored; as many test rows again are for adaptation. */
export interface Sizes {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** Rows of a task from a place on; scored test rows, then others. */
export function rowsFrom(place: number, sizes: Sizes) {
  const { test } = sizes;
  return { ...spansFrom(place, sizes), scored: [0, test], adaptation: [test, 2 * test] } as const satisfies Record<
    string,
    Span
  >;
}

/** Training rows up to the end of a task that begins at this place. */
export const after = ({ train, validation }: Sizes, place = 0): number => place + train + validation;

export const task = (
  name: string,
  dataset: string,
  rows: ReturnType<typeof rowsFrom>,
  look: Pick<RowsDefinition, 'view' | 'inverted' | 'classes'> = {},
): TaskDefinition => ({ name, dataset, ...rows, ...look });

export const fineTuning = { epochs: 5, batchSize: 128, optimiser: { kind: 'adam', lr: 3e-4 } } as const;
export const sourceTraining = {
  epochs: 6,
  batchSize: 128,
  optimiser: { kind: 'adam', lr: 1e-3 },
  shots: 10,
} as const;
