import type { Suite } from '../contract.ts';
import { withRoom } from './shared/room.ts';
import { after, fineTuning, rowsFrom, sharedStartSuite, sourceTraining, task } from './shared/shared-start.ts';
import type { SharedStart, Sizes } from './shared/shared-start.ts';

/** Two data sets as they are, and other rows of them in another view; a fifth task that no expert knows. */
export function tasksOf(second: { readonly dataset: string; readonly name: string }, sizes: readonly [Sizes, Sizes]) {
  const [first, other] = sizes;
  return {
    tasks: [
      task('MNIST', 'mnist', rowsFrom(0, first)),
      task(second.name, second.dataset, rowsFrom(0, other)),
      task('MNIST turned', 'mnist', rowsFrom(after(first), first), { view: 'turned' }),
      task(`${second.name} mirrored`, second.dataset, rowsFrom(after(other), other), { view: 'mirrored' }),
    ],
    unseen: [
      task(
        'MNIST upside down',
        'mnist',
        rowsFrom(2 * after(first), { train: 500, validation: 200, test: first.test }),
        {
          view: 'upside-down',
        },
      ),
    ],
  };
}

export const QUICK: Sizes = { train: 1500, validation: 200, test: 500 };
export const GENERATED_DIGITS = { dataset: 'digits-generated', name: 'Generated digits' };
const CLOTHES = { dataset: 'fashion-mnist', name: 'Fashion-MNIST' };
const FULL: Sizes = { train: 12_000, validation: 500, test: 5000 };
const THIRD: Sizes = { train: 4000, validation: 500, test: 5000 };

/** Of MNIST, and of generated digits, of which there are fewer. */
export const GENERATED_SIZES: readonly [Sizes, Sizes] = [
  { train: 6000, validation: 500, test: 5000 },
  { train: 3000, validation: 300, test: 1000 },
];

export const GENERATED_SOURCE = {
  ...sourceTraining,
  parts: [
    { dataset: 'shapes-generated', train: [0, 5000] },
    { dataset: 'mnist', train: [20_000, 26_000] },
    { dataset: 'digits-generated', train: [6600, 10_000] },
  ],
} as const satisfies SharedStart['source'];

export const QUICK_GENERATED_SOURCE = {
  ...sourceTraining,
  parts: [
    { dataset: 'shapes-generated', train: [0, 2000] },
    { dataset: 'mnist', train: [4200, 6200] },
    { dataset: 'digits-generated', train: [4200, 6200] },
  ],
} as const satisfies SharedStart['source'];

/**
 * Experts from one start, as task arithmetic has them: a trunk that was trained on a source which knows the tasks in
 * part, a frozen head a task. `-generated` needs nothing but what ships; on `-fashion` the order of methods is claimed.
 */
export const candidates: readonly Suite[] = [
  sharedStartSuite({
    ...tasksOf(GENERATED_DIGITS, GENERATED_SIZES),
    ...fineTuning,
    id: 'shared-start-digits-generated',
    title: 'Shared start, MNIST and generated digits',
    hidden: [512, 256],
    source: GENERATED_SOURCE,
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
    source: QUICK_GENERATED_SOURCE,
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
  sharedStartSuite({
    ...tasksOf(CLOTHES, [THIRD, THIRD]),
    ...fineTuning,
    id: 'shared-start-linear-heads',
    title: 'Shared start, linear heads on ReLU features',
    hidden: [256, 128],
    heads: 'linear',
    source: {
      ...sourceTraining,
      shots: 5,
      parts: [
        { dataset: 'cifar-10', train: [0, 6000] },
        { dataset: 'mnist', train: [30_000, 35_000] },
        { dataset: 'fashion-mnist', train: [30_000, 35_000] },
      ],
    },
    summary:
      'The four tasks of MNIST and Fashion-MNIST, not as CLIP has them: ReLU features of any length, and heads with ' +
      'biases that were fitted to 5 rows a class, frozen. Methods that lower entropies may end below the start.',
  }),
  sharedStartSuite({
    ...tasksOf(GENERATED_DIGITS, [QUICK, QUICK]),
    ...fineTuning,
    id: 'shared-start-linear-heads-quick',
    quickOf: 'shared-start-linear-heads',
    title: 'Shared start, linear heads on ReLU features, quick',
    hidden: [128, 128],
    heads: 'linear',
    source: { ...QUICK_GENERATED_SOURCE, shots: 5 },
    summary: 'The same on 1,500 rows a task of MNIST and generated digits with a trunk 128-128-128.',
  }),
];
export const suites: readonly Suite[] = withRoom(candidates);
export default suites;
