import type { Suite } from '../contract.ts';
import { withRoom } from './shared/room.ts';
import { after, fineTuning, rowsFrom, sharedStartSuite, sourceTraining, task } from './shared/shared-start.ts';
import type { SharedStart, Sizes } from './shared/shared-start.ts';
import type { RowsDefinition, Span, TaskDefinition } from './shared/task-rows.ts';

const HALVES = [
  [0, 1, 2, 3, 4],
  [5, 6, 7, 8, 9],
] as const;

interface Wanted extends Pick<RowsDefinition, 'dataset' | 'view' | 'classes'> {
  readonly name: string;
  readonly sizes: Sizes;
  /** Where the rows of these classes of its data set begin; after the tasks before it unless told. */
  readonly from?: number;
}

/** Tasks that take rows one after the other; with inverted colours where every second one has these. */
function placed(wanted: readonly Wanted[], inverted: boolean): TaskDefinition[] {
  const taken = new Map<string, number>();
  return wanted.map(({ name, dataset, view, classes, sizes, from }, index) => {
    const key = `${dataset} ${String(classes)}`;
    const place = from ?? taken.get(key) ?? 0;
    taken.set(key, after(sizes, place));
    const isDark = inverted && index % 2 === 1;
    return task(isDark ? `${name}, inverted` : name, dataset, rowsFrom(place, sizes), {
      ...(view === undefined ? {} : { view }),
      ...(classes === undefined ? {} : { classes }),
      ...(isDark ? { inverted: true } : {}),
    });
  });
}

const unseen = (from: number, test: number): TaskDefinition =>
  task('MNIST upside down', 'mnist', rowsFrom(from, { train: 500, validation: 200, test }), { view: 'upside-down' });

const IMAGES: Sizes = { train: 2500, validation: 300, test: 2000 };
const OPTDIGITS: Sizes = { train: 2500, validation: 300, test: 890 };
const GENERATED: Sizes = { train: 2500, validation: 300, test: 1000 };

const eight = (inverted: boolean): Pick<SharedStart, 'tasks' | 'unseen'> => ({
  tasks: placed(
    [
      { name: 'MNIST', dataset: 'mnist', sizes: IMAGES },
      { name: 'MNIST turned', dataset: 'mnist', sizes: IMAGES, view: 'turned' },
      { name: 'Fashion-MNIST', dataset: 'fashion-mnist', sizes: IMAGES },
      { name: 'Fashion-MNIST mirrored', dataset: 'fashion-mnist', sizes: IMAGES, view: 'mirrored' },
      { name: 'CIFAR-10 in grey, 0 to 4', dataset: 'cifar-10', sizes: IMAGES, classes: HALVES[0] },
      { name: 'CIFAR-10 in grey, 5 to 9', dataset: 'cifar-10', sizes: IMAGES, classes: HALVES[1] },
      { name: 'optdigits, enlarged', dataset: 'optdigits', sizes: OPTDIGITS },
      { name: 'Generated digits', dataset: 'digits-generated', sizes: GENERATED },
    ],
    inverted,
  ),
  unseen: [unseen(10_000, IMAGES.test)],
});
const EIGHT_SOURCE = {
  ...sourceTraining,
  parts: [
    { dataset: 'mnist', train: [30_000, 34_000] },
    { dataset: 'fashion-mnist', train: [30_000, 34_000] },
    ...HALVES.map((classes) => ({ dataset: 'cifar-10', classes, train: [12_000, 14_000] satisfies Span })),
  ],
} as const satisfies SharedStart['source'];

const SMALL: Sizes = { train: 1000, validation: 200, test: 500 };
/** Half of the classes of Fashion-MNIST from here on: rows that neither other tasks nor the source have. */
const LATER = 20_000;

const quickEight = (inverted: boolean): Pick<SharedStart, 'tasks' | 'unseen'> => ({
  tasks: placed(
    [
      { name: 'MNIST', dataset: 'mnist', sizes: SMALL },
      { name: 'MNIST turned', dataset: 'mnist', sizes: SMALL, view: 'turned' },
      { name: 'Fashion-MNIST', dataset: 'fashion-mnist', sizes: SMALL },
      { name: 'Fashion-MNIST mirrored', dataset: 'fashion-mnist', sizes: SMALL, view: 'mirrored' },
      ...HALVES.map((classes, half) => ({
        name: `Fashion-MNIST upside down, ${half === 0 ? '0 to 4' : '5 to 9'}`,
        ...({ dataset: 'fashion-mnist', sizes: SMALL, view: 'upside-down', classes, from: LATER } as const),
      })),
      { name: 'optdigits, enlarged', dataset: 'optdigits', sizes: SMALL },
      { name: 'Generated digits', dataset: 'digits-generated', sizes: SMALL },
    ],
    inverted,
  ),
  unseen: [unseen(3000, SMALL.test)],
});
const QUICK_SOURCE = {
  ...sourceTraining,
  parts: [
    { dataset: 'mnist', train: [10_000, 12_000] },
    { dataset: 'fashion-mnist', train: [10_000, 12_000] },
  ],
} as const satisfies SharedStart['source'];

/** Without a download. */
const twin = (images: Sizes, generated: Sizes, optdigits: Sizes): Pick<SharedStart, 'tasks' | 'unseen'> => ({
  tasks: placed(
    [
      { name: 'MNIST', dataset: 'mnist', sizes: images },
      { name: 'MNIST turned', dataset: 'mnist', sizes: images, view: 'turned' },
      { name: 'MNIST mirrored', dataset: 'mnist', sizes: images, view: 'mirrored' },
      { name: 'Generated digits', dataset: 'digits-generated', sizes: generated },
      { name: 'Generated digits turned back', dataset: 'digits-generated', sizes: generated, view: 'turned-back' },
      { name: 'Generated digits mirrored', dataset: 'digits-generated', sizes: generated, view: 'mirrored' },
      { name: 'optdigits, enlarged', dataset: 'optdigits', sizes: optdigits },
      { name: 'optdigits turned', dataset: 'optdigits', sizes: optdigits, view: 'turned' },
    ],
    false,
  ),
  unseen: [unseen(20_000, images.test)],
});
const twinSource = (mnist: Span, generated: Span) =>
  ({
    ...sourceTraining,
    parts: [
      { dataset: 'shapes-generated', train: [0, 2000] },
      { dataset: 'mnist', train: mnist },
      { dataset: 'digits-generated', train: generated },
    ],
  }) as const satisfies SharedStart['source'];

const tuning = { ...fineTuning, epochs: 8, batchSize: 64 } as const;
const quickTuning = { ...fineTuning, epochs: 10, batchSize: 32 } as const;
const WIDE = [256, 128];
const NARROW = [128, 128];
/** Seven layers with layer norm and the features: a trunk of 30 tensors. */
const deep = (units: number): Pick<SharedStart, 'hidden' | 'norm'> => ({
  hidden: Array.from({ length: 7 }, () => units),
  norm: 'layer',
});
const QUICK_SUMMARY = 'on 1,000 rows a task, with Fashion-MNIST upside down in place of CIFAR-10';

/** Eight experts from one start, as task arithmetic, AdaMerging and TALL masks have them. */
export const candidates: readonly Suite[] = [
  sharedStartSuite({
    ...eight(false),
    ...tuning,
    id: 'shared-start-8',
    title: 'Shared start, eight tasks',
    hidden: WIDE,
    source: EIGHT_SOURCE,
    summary:
      'Eight experts from one start: MNIST and Fashion-MNIST as they are, turned and mirrored, halves of CIFAR-10 in ' +
      'grey, enlarged optdigits, generated digits. Cosine heads, frozen; trunk 256-128-128.',
  }),
  sharedStartSuite({
    ...quickEight(false),
    ...quickTuning,
    id: 'shared-start-8-quick',
    quickOf: 'shared-start-8',
    title: 'Shared start, eight tasks, quick',
    hidden: NARROW,
    source: QUICK_SOURCE,
    summary: `The same ${QUICK_SUMMARY}, and a trunk 128-128-128.`,
  }),
  sharedStartSuite({
    ...eight(true),
    ...tuning,
    id: 'shared-start-8-inverted',
    title: 'Shared start, eight tasks, inverted colours',
    hidden: WIDE,
    source: EIGHT_SOURCE,
    summary: 'The eight tasks with the colours of every second one inverted, which the start has never seen: harder.',
  }),
  sharedStartSuite({
    ...quickEight(true),
    ...quickTuning,
    id: 'shared-start-8-inverted-quick',
    quickOf: 'shared-start-8-inverted',
    title: 'Shared start, eight tasks, inverted colours, quick',
    hidden: NARROW,
    source: QUICK_SOURCE,
    summary: `Inverted colours ${QUICK_SUMMARY}, and a trunk 128-128-128.`,
  }),
  sharedStartSuite({
    ...eight(false),
    ...tuning,
    ...deep(128),
    id: 'shared-start-8-deep',
    title: 'Shared start, eight tasks, deep trunk',
    source: EIGHT_SOURCE,
    summary:
      'The eight tasks with a trunk of 30 tensors: seven layers of 128 units with layer norm, and the features. What ' +
      'learns a coefficient a tensor has something to choose here.',
  }),
  sharedStartSuite({
    ...quickEight(false),
    ...quickTuning,
    ...deep(96),
    id: 'shared-start-8-deep-quick',
    quickOf: 'shared-start-8-deep',
    title: 'Shared start, eight tasks, deep trunk, quick',
    source: QUICK_SOURCE,
    summary: `The deep trunk, of 96 units a layer, ${QUICK_SUMMARY}.`,
  }),
  sharedStartSuite({
    ...twin(IMAGES, { train: 2200, validation: 200, test: 1000 }, { train: 1600, validation: 200, test: 890 }),
    ...tuning,
    id: 'shared-start-8-generated',
    title: 'Shared start, eight tasks of what ships',
    hidden: WIDE,
    source: twinSource([30_000, 34_000], [7200, 10_000]),
    summary:
      'Eight tasks without a download: MNIST, generated digits and enlarged optdigits, as they are, turned and ' +
      'mirrored. Cosine heads, frozen; trunk 256-128-128.',
  }),
  sharedStartSuite({
    ...twin(SMALL, SMALL, SMALL),
    ...quickTuning,
    id: 'shared-start-8-generated-quick',
    quickOf: 'shared-start-8-generated',
    title: 'Shared start, eight tasks of what ships, quick',
    hidden: NARROW,
    source: twinSource([10_000, 12_000], [4000, 6000]),
    summary: 'The same on 1,000 rows a task with a trunk 128-128-128: seconds for each expert.',
  }),
];
export const suites: readonly Suite[] = withRoom(candidates);
export default suites;
