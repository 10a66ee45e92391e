import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { Suite } from '../contract.ts';
import { permutedSuite, type PermutedDefinition, type Rotations } from './shared/permuted-suite.ts';
import { splitSuite } from './shared/split-suite.ts';

const SOURCES = [
  { name: 'mnist', dataset: 'mnist', title: 'MNIST' },
  { name: 'digits-generated', dataset: 'digits-generated', title: 'generated digits' },
] as const;

const network = (...hidden: readonly number[]) => mlp({ input: 784, hidden, outputs: 10, init: 'torch-default' });

const VIEWS: readonly { readonly name: string; readonly title: string; readonly rotations?: Rotations['drawn'] }[] = [
  { name: 'rot', title: 'Rotated', rotations: 'in-order' },
  { name: 'perm', title: 'Permuted' },
];

/** 400 training images of each of five tasks, in seconds. */
const quick = {
  tasks: 5,
  rowsPerClass: { train: 400, test: 100 },
  rowsPerTask: 400,
  epochs: 1,
  batchSize: 10,
} as const;

/**
 * Streams of domains. `permuted-*-online-1k`: ten orders of the pixels, 1,000 images each seen once in batches of 10
 * (Aljundi et al. 2019, repository optimass/Maximally_Interfered_Retrieval, `Scripts/ER_experiments.sh`).
 * `rot-*-20x1k`, `perm-*-20x1k`: 20 tasks of 1,000 images (Lopez-Paz & Ranzato 2017, repository
 * facebookresearch/GradientEpisodicMemory, `run_experiments.sh`: MLP 100-100, batches of 10, one pass, SGD 0.1), each
 * rotation in its own twentieth of 0-180°. `rot-*-20`, `perm-*-20`: 20 tasks of all images (Buzzega et al. 2020,
 * repository Mammoth, `utils/best_args.py`: MLP 100-100, batches of 128, one epoch), rotations from the whole range.
 * `disjoint-*-10`: a class a task (Zeng et al. 2019, repository OWM, `Disjoint MNIST/OWM/run_dis_10_mnist_2Layers.py`:
 * MLP 800, batches of 40, 20 epochs).
 */
export const suites: readonly Suite[] = SOURCES.flatMap(({ name, dataset, title }) => [
  permutedSuite({
    id: `permuted-${name}-online-1k`,
    title: `Permuted ${title} online`,
    dataset,
    tasks: 10,
    rowsPerClass: null,
    rowsPerTask: 1000,
    network: network(400, 400),
    epochs: 1,
    batchSize: 10,
    optimiser: { kind: 'sgd', lr: 0.05 },
    summary:
      'Ten tasks, each with its own order of the pixels, 1,000 images each seen once in batches of 10: MLP 400-400, ' +
      'SGD 0.05 (Aljundi et al. 2019).',
  }),
  permutedSuite({
    ...quick,
    id: `permuted-${name}-online-1k-quick`,
    title: `Permuted ${title} online, quick`,
    quickOf: `permuted-${name}-online-1k`,
    dataset,
    network: network(100),
    optimiser: { kind: 'sgd', lr: 0.05 },
    summary: 'Five tasks, each with its own order of the pixels, 400 images each seen once in batches of 10: MLP 100.',
  }),
  ...VIEWS.flatMap(({ name: view, title: what, rotations }) => [
    permutedSuite({
      ...turned(rotations),
      id: `${view}-${name}-20x1k`,
      title: `${what} ${title}, 20 × 1,000`,
      dataset,
      tasks: 20,
      rowsPerClass: null,
      rowsPerTask: 1000,
      network: network(100, 100),
      epochs: 1,
      batchSize: 10,
      optimiser: { kind: 'sgd', lr: 0.1 },
      summary:
        `20 ${what.toLowerCase()} tasks of 1,000 images, each seen once in batches of 10: MLP 100-100, SGD 0.1 ` +
        '(Lopez-Paz & Ranzato 2017).',
    }),
    permutedSuite({
      ...quick,
      ...turned(rotations),
      id: `${view}-${name}-20x1k-quick`,
      title: `${what} ${title}, 5 × 400, quick`,
      quickOf: `${view}-${name}-20x1k`,
      dataset,
      network: network(100, 100),
      optimiser: { kind: 'sgd', lr: 0.1 },
      summary: `Five ${what.toLowerCase()} tasks of 400 images, each seen once in batches of 10: MLP 100-100, SGD 0.1.`,
    }),
    permutedSuite({
      ...turned(rotations === undefined ? undefined : 'anywhere'),
      id: `${view}-${name}-20`,
      title: `${what} ${title}, 20 tasks`,
      dataset,
      tasks: 20,
      rowsPerClass: null,
      network: network(100, 100),
      epochs: 1,
      batchSize: 128,
      optimiser: { kind: 'sgd', lr: 0.2 },
      summary:
        `20 ${what.toLowerCase()} tasks of all images, each seen once in batches of 128: MLP 100-100, SGD 0.2 ` +
        '(Buzzega et al. 2020).',
    }),
    permutedSuite({
      ...turned(rotations === undefined ? undefined : 'anywhere'),
      id: `${view}-${name}-20-quick`,
      title: `${what} ${title}, 5 tasks, quick`,
      quickOf: `${view}-${name}-20`,
      dataset,
      tasks: 5,
      rowsPerClass: { train: 256, test: 100 },
      network: network(100, 100),
      epochs: 1,
      batchSize: 32,
      optimiser: { kind: 'sgd', lr: 0.2 },
      summary: `Five ${what.toLowerCase()} tasks of 256 images a class, each seen once in batches of 32: MLP 100-100, SGD 0.2.`,
    }),
  ]),
  ...[false, true].map((isQuick) =>
    splitSuite({
      id: `disjoint-${name}-10${isQuick ? '-quick' : ''}`,
      version: 1,
      title: `Disjoint ${title}, a class a task${isQuick ? ', quick' : ''}`,
      ...(isQuick ? { quickOf: `disjoint-${name}-10` } : {}),
      scenario: 'class-il',
      dataset,
      classes: 10,
      classesPerTask: 1,
      rowsPerClass: isQuick ? { train: 200, test: 100 } : null,
      transform: { kind: 'none' },
      width: 784,
      inputShape: [784],
      network: (outputs) =>
        mlp({ input: 784, hidden: [isQuick ? 100 : 800], outputs, init: 'glorot-normal', bias: false }),
      epochs: isQuick ? 2 : 20,
      batchSize: isQuick ? 20 : 40,
      optimiser: { kind: 'sgd', lr: 0.1 },
      summary: isQuick
        ? 'Ten tasks of one class, 200 training images each, class-IL: MLP 100 without biases, 2 epochs, SGD 0.1.'
        : 'Ten tasks of one class, class-IL: MLP 800 without biases, 20 epochs, batches of 40, SGD 0.1 ' +
          '(Zeng et al. 2019).',
    }),
  ),
]);
export default suites;

function turned(drawn: Rotations['drawn'] | undefined): Pick<PermutedDefinition, 'rotations'> {
  return drawn === undefined ? {} : { rotations: { to: 180, drawn } };
}
