import { cosineMlp } from '../../engine/networks/architectures/cosine-mlp.ts';
import type { ExpertsFacts, HyperParameters } from '../../methods/contract.ts';
import type { Suite } from '../contract.ts';
import { expertsSuite } from './shared/experts-suite.ts';
import type { ExpertsDefinition } from './shared/experts-suite.ts';
import { withRoom } from './shared/room.ts';
import type { Span, TaskDefinition } from './shared/task-rows.ts';
import type { View } from './shared/views.ts';

const headOf = (index: number): string => `head${index}`;

/** One start; from it one expert a task, with the head that the start has for this task. */
function sharedStart(tasks: number, unseen: number, run: HyperParameters): ExpertsFacts {
  return {
    start: { method: 'train-start', hyperParameters: {} },
    members: Array.from({ length: tasks }, (_, expert) => ({
      name: `expert/${expert}`,
      task: expert,
      method: 'train-expert',
      hyperParameters: { expert, ...run },
      member: null,
    })),
    heads: Array.from({ length: tasks + unseen }, (_, index) => headOf(index)),
    frozenHeads: true,
  };
}

type Shared = Omit<
  ExpertsDefinition,
  'network' | 'facts' | 'version' | 'scenario' | 'judged' | 'references' | 'metrics'
>;

interface SharedStart extends Shared {
  readonly hidden: readonly number[];
  /** How experts are trained, where that is not as the suite's budget says. */
  readonly run?: HyperParameters;
  readonly scenario?: string;
}

/** A suite of this kind: heads of 10 labelled rows a class, features of unit length, experts by Adam 3e-4. */
export function sharedStartSuite({ hidden, run = {}, scenario = 'shared start', ...shared }: SharedStart): Suite {
  const { tasks, unseen = [] } = shared;
  const heads = tasks.length + unseen.length;
  return expertsSuite({
    ...shared,
    version: 1,
    scenario,
    judged: 'own heads',
    network: cosineMlp({
      input: 784,
      hidden,
      features: 128,
      scale: 20,
      heads: Object.fromEntries(Array.from({ length: heads }, (_, index) => [headOf(index), 10])),
      init: 'torch-default',
    }),
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

/** Rows of a task: those for training from a place on, then those for validation; scored test rows, then others. */
function rowsFrom(place: number, train: number, validation: number, test: number) {
  const end = place + train;
  return {
    train: [place, end],
    validation: [end, end + validation],
    scored: [0, test],
    adaptation: [test, 2 * test],
  } as const satisfies Record<string, Span>;
}

const task = (name: string, dataset: string, rows: ReturnType<typeof rowsFrom>, view?: View): TaskDefinition => ({
  name,
  dataset,
  ...rows,
  ...(view === undefined ? {} : { view }),
});

export const fineTuning = { epochs: 5, batchSize: 128, optimiser: { kind: 'adam', lr: 3e-4 } } as const;
export const sourceTraining = { epochs: 6, batchSize: 128, optimiser: { kind: 'adam', lr: 1e-3 }, shots: 10 } as const;

/** Two data sets as they are, and other rows of them in another view; a fifth task that no expert knows. */
export function tasksOf(second: { readonly dataset: string; readonly name: string }, sizes: readonly [Sizes, Sizes]) {
  const [first, other] = sizes;
  const rows = ({ train, validation, test }: Sizes, place: number) => rowsFrom(place, train, validation, test);
  const after = (size: Sizes): number => size.train + size.validation;
  return {
    tasks: [
      task('MNIST', 'mnist', rows(first, 0)),
      task(second.name, second.dataset, rows(other, 0)),
      task('MNIST turned', 'mnist', rows(first, after(first)), 'turned'),
      task(`${second.name} mirrored`, second.dataset, rows(other, after(other)), 'mirrored'),
    ],
    unseen: [task('MNIST upside down', 'mnist', rowsFrom(2 * after(first), 500, 200, first.test), 'upside-down')],
  };
}

interface Sizes {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

export const QUICK: Sizes = { train: 1500, validation: 200, test: 500 };
export const GENERATED_DIGITS = { dataset: 'digits-generated', name: 'Generated digits' };
const CLOTHES = { dataset: 'fashion-mnist', name: 'Fashion-MNIST' };
const FULL: Sizes = { train: 12_000, validation: 500, test: 5000 };

/**
 * Experts from one start, as task arithmetic has them: a trunk that was trained on a source which knows the tasks in
 * part, a frozen head a task. `-generated` needs nothing but what ships; on `-fashion` the order of methods is claimed.
 */
export const candidates: readonly Suite[] = [
  sharedStartSuite({
    ...tasksOf(GENERATED_DIGITS, [
      { train: 6000, validation: 500, test: 5000 },
      { train: 3000, validation: 300, test: 1000 },
    ]),
    ...fineTuning,
    id: 'shared-start-digits-generated',
    title: 'Shared start, MNIST and generated digits',
    hidden: [512, 256],
    source: {
      ...sourceTraining,
      parts: [
        { dataset: 'shapes-generated', train: [0, 5000] },
        { dataset: 'mnist', train: [20_000, 26_000] },
        { dataset: 'digits-generated', train: [6600, 10_000] },
      ],
    },
    summary:
      'Four experts from one start: MNIST and generated digits, as they are, turned and mirrored. Cosine heads of 10 ' +
      'rows a class, frozen; trunk 512-256-128 fine-tuned for 5 epochs with Adam 3e-4.',
  }),
  sharedStartSuite({
    ...tasksOf(GENERATED_DIGITS, [QUICK, QUICK]),
    ...fineTuning,
    id: 'shared-start-digits-generated-quick',
    quickOf: 'shared-start-digits-generated',
    title: 'Shared start, MNIST and generated digits, quick',
    hidden: [128, 128],
    source: {
      ...sourceTraining,
      parts: [
        { dataset: 'shapes-generated', train: [0, 2000] },
        { dataset: 'mnist', train: [4200, 6200] },
        { dataset: 'digits-generated', train: [4200, 6200] },
      ],
    },
    summary: 'The same on 1,500 rows a task with a trunk 128-128-128: a few seconds in all.',
  }),
  sharedStartSuite({
    ...tasksOf(CLOTHES, [FULL, FULL]),
    ...fineTuning,
    id: 'shared-start-digits-fashion',
    title: 'Shared start, MNIST and Fashion-MNIST',
    hidden: [512, 256],
    source: {
      ...sourceTraining,
      parts: [
        { dataset: 'cifar-10', train: [0, 20_000] },
        { dataset: 'mnist', train: [30_000, 45_000] },
        { dataset: 'fashion-mnist', train: [30_000, 45_000] },
      ],
    },
    summary:
      'Four experts from one start: MNIST and Fashion-MNIST, as they are, turned and mirrored; 12,000 rows each. The ' +
      'source is CIFAR-10 in grey with other rows of both. Cosine heads, frozen; trunk 512-256-128.',
  }),
  sharedStartSuite({
    ...tasksOf(CLOTHES, [QUICK, QUICK]),
    ...fineTuning,
    id: 'shared-start-digits-fashion-quick',
    quickOf: 'shared-start-digits-fashion',
    title: 'Shared start, MNIST and Fashion-MNIST, quick',
    hidden: [128, 128],
    source: {
      ...sourceTraining,
      parts: [
        { dataset: 'shapes-generated', train: [0, 2000] },
        { dataset: 'mnist', train: [4200, 6200] },
        { dataset: 'fashion-mnist', train: [4200, 6200] },
      ],
    },
    summary: 'The same on 1,500 rows a task with a trunk 128-128-128 and generated shapes in place of CIFAR-10.',
  }),
];
export const suites: readonly Suite[] = withRoom(candidates);
export default suites;
