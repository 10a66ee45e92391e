import { cosineMlp } from '../../engine/networks/architectures/cosine-mlp.ts';
import type { ExpertsFacts } from '../../methods/contract.ts';
import type { Suite } from '../contract.ts';
import { expertsSuite } from './shared/experts-suite.ts';
import type { ExpertsDefinition } from './shared/experts-suite.ts';
import { withRoom } from './shared/room.ts';
import type { Span, TaskDefinition } from './shared/task-rows.ts';
import type { View } from './shared/views.ts';

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

type Shared = Omit<ExpertsDefinition, 'network' | 'facts' | 'version' | 'scenario' | 'judged' | 'references' | 'metrics'>;

/** A suite of this kind: heads of 10 labelled rows a class, features of unit length, experts by Adam 3e-4. */
function sharedStartSuite({ hidden, ...shared }: Shared & { readonly hidden: readonly number[] }): Suite {
  const { tasks, unseen = [] } = shared;
  const heads = tasks.length + unseen.length;
  return expertsSuite({
    ...shared,
    version: 1,
    scenario: 'shared start',
    judged: 'own heads',
    network: cosineMlp({
      input: 784,
      hidden,
      features: 128,
      scale: 20,
      heads: Object.fromEntries(Array.from({ length: heads }, (_, index) => [headOf(index), 10])),
      init: 'torch-default',
    }),
    facts: sharedStart(tasks.length, unseen.length),
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

const fineTuning = { epochs: 5, batchSize: 128, optimiser: { kind: 'adam', lr: 3e-4 } } as const;
const sourceTraining = { epochs: 6, batchSize: 128, optimiser: { kind: 'adam', lr: 1e-3 }, shots: 10 } as const;

const GENERATED = {
  tasks: [
    task('MNIST', 'mnist', rowsFrom(0, 6000, 500, 5000)),
    task('generated digits', 'digits-generated', rowsFrom(0, 3000, 300, 1000)),
    task('MNIST turned', 'mnist', rowsFrom(6500, 6000, 500, 5000), 'turned'),
    task('generated digits mirrored', 'digits-generated', rowsFrom(3300, 3000, 300, 1000), 'mirrored'),
  ],
  unseen: [task('MNIST upside down', 'mnist', rowsFrom(13_000, 1000, 500, 5000), 'upside-down')],
  source: [
    { dataset: 'shapes-generated', train: [0, 5000] },
    { dataset: 'mnist', train: [20_000, 26_000] },
    { dataset: 'digits-generated', train: [6600, 10_000] },
  ],
} as const;

const QUICK = {
  tasks: [
    task('MNIST', 'mnist', rowsFrom(0, 1500, 200, 500)),
    task('generated digits', 'digits-generated', rowsFrom(0, 1500, 200, 500)),
    task('MNIST turned', 'mnist', rowsFrom(1700, 1500, 200, 500), 'turned'),
    task('generated digits mirrored', 'digits-generated', rowsFrom(1700, 1500, 200, 500), 'mirrored'),
  ],
  unseen: [task('MNIST upside down', 'mnist', rowsFrom(6000, 500, 200, 500), 'upside-down')],
  source: [
    { dataset: 'shapes-generated', train: [0, 2000] },
    { dataset: 'mnist', train: [3400, 5400] },
    { dataset: 'digits-generated', train: [3400, 5400] },
  ],
} as const;

/** The tasks of digits and clothes, and the source, on which the order of merging methods was measured. */
const FASHION = {
  tasks: [
    task('MNIST', 'mnist', rowsFrom(0, 12_000, 500, 5000)),
    task('Fashion-MNIST', 'fashion-mnist', rowsFrom(0, 12_000, 500, 5000)),
    task('MNIST turned', 'mnist', rowsFrom(12_500, 12_000, 500, 5000), 'turned'),
    task('Fashion-MNIST mirrored', 'fashion-mnist', rowsFrom(12_500, 12_000, 500, 5000), 'mirrored'),
  ],
  unseen: [task('MNIST upside down', 'mnist', rowsFrom(25_000, 1000, 500, 5000), 'upside-down')],
  source: [
    { dataset: 'cifar-10', train: [0, 20_000] },
    { dataset: 'mnist', train: [30_000, 45_000] },
    { dataset: 'fashion-mnist', train: [30_000, 45_000] },
  ],
} as const;

/**
 * Experts from one start, as task arithmetic has them: a trunk that was trained on a source which knows the tasks in
 * part, a frozen head a task. `-generated` needs nothing but what ships; on `-fashion` the order of methods is claimed.
 */
export const suites: readonly Suite[] = withRoom([
  sharedStartSuite({
    ...GENERATED,
    ...fineTuning,
    id: 'shared-start-digits-generated',
    title: 'Shared start, MNIST and generated digits',
    hidden: [512, 256],
    source: { ...sourceTraining, parts: GENERATED.source },
    summary:
      'Four experts from one start: MNIST and generated digits, as they are, turned and mirrored. Cosine heads of 10 ' +
      'rows a class, frozen; trunk 512-256-128 fine-tuned for 5 epochs with Adam 3e-4.',
  }),
  sharedStartSuite({
    ...QUICK,
    ...fineTuning,
    id: 'shared-start-digits-generated-quick',
    quickOf: 'shared-start-digits-generated',
    title: 'Shared start, MNIST and generated digits, quick',
    hidden: [128, 128],
    source: { ...sourceTraining, parts: QUICK.source },
    summary: 'The same on 1,500 rows a task with a trunk 128-128-128: a few seconds in all.',
  }),
  sharedStartSuite({
    ...FASHION,
    ...fineTuning,
    id: 'shared-start-digits-fashion',
    title: 'Shared start, MNIST and Fashion-MNIST',
    hidden: [512, 256],
    source: { ...sourceTraining, parts: FASHION.source },
    summary:
      'Four experts from one start: MNIST and Fashion-MNIST, as they are, turned and mirrored; 12,000 rows each. The ' +
      'source is CIFAR-10 in grey with other rows of both. Cosine heads, frozen; trunk 512-256-128.',
  }),
]);
export default suites;
