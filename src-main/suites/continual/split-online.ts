import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { Suite } from '../contract.ts';
import { splitSuite } from './shared/split-suite.ts';

const common = {
  version: 1,
  scenario: 'class-il',
  classes: 10,
  classesPerTask: 2,
  transform: { kind: 'none' },
  epochs: 1,
  batchSize: 10,
  optimiser: { kind: 'sgd', lr: 0.1 },
} as const;
const network = (input: number) => (outputs: number) =>
  mlp({ input, hidden: [400, 400], outputs, init: 'torch-default' });

/**
 * The same stream for gradient-based sample selection (Aljundi et al. 2019, repository
 * rahafaljundi/Gradient-based-Sample-Selection, `Disjoint_Mnist.sh`): a narrower network and half the rate.
 */
const narrow = ['mnist', 'digits-generated'].flatMap((dataset) =>
  [false, true].map((isQuick) => {
    const title = `Split ${dataset === 'mnist' ? 'MNIST' : 'generated digits'} online, narrow network`;
    const rows = isQuick ? 400 : 1000;
    return splitSuite({
      ...common,
      id: `split-${dataset}-online-narrow${isQuick ? '-quick' : ''}`,
      dataset,
      title: isQuick ? `${title}, quick` : title,
      ...(isQuick ? { quickOf: `split-${dataset}-online-narrow` } : {}),
      width: 784,
      inputShape: [784],
      network: (outputs) => mlp({ input: 784, hidden: [100, 100], outputs, init: 'torch-default' }),
      rowsPerClass: isQuick ? { train: 400, test: 100 } : null,
      rowsPerTask: rows,
      optimiser: { kind: 'sgd', lr: 0.05 },
      summary:
        `Five tasks of two classes, ${rows.toLocaleString('en')} images each seen once in batches of 10, class-IL: MLP ` +
        '100-100, SGD 0.05 (Aljundi et al. 2019).',
    });
  }),
);

/**
 * The online stream of Aljundi et al. 2019 (maximally interfered retrieval; repository
 * optimass/Maximally_Interfered_Retrieval, `Scripts/ER_experiments.sh`): 1,000 images of each task, drawn per seed, one
 * pass in batches of 10.
 */
export const suites: readonly Suite[] = [
  ...[
    { id: 'split-mnist-online-1k', dataset: 'mnist', title: 'Split-MNIST online' },
    { id: 'split-digits-generated-online-1k', dataset: 'digits-generated', title: 'Split generated digits online' },
  ].flatMap(({ id, dataset, title }) => [
    splitSuite({
      ...common,
      id,
      dataset,
      title,
      width: 784,
      inputShape: [784],
      network: network(784),
      rowsPerClass: null,
      rowsPerTask: 1000,
      summary:
        'Five tasks of two classes, 1,000 images each seen once in batches of 10, class-IL: MLP 400-400, SGD 0.1 ' +
        '(Aljundi et al. 2019).',
    }),
    splitSuite({
      ...common,
      id: `${id}-quick`,
      dataset,
      title: `${title} quick`,
      quickOf: id,
      width: 784,
      inputShape: [784],
      network: (outputs) => mlp({ input: 784, hidden: [100], outputs, init: 'torch-default' }),
      rowsPerClass: { train: 400, test: 100 },
      rowsPerTask: 400,
      summary: 'Five tasks of two classes, 400 images each seen once in batches of 10, class-IL: MLP 100, SGD 0.1.',
    }),
  ]),
  splitSuite({
    ...common,
    id: 'split-optdigits-online',
    dataset: 'optdigits',
    title: 'Split optdigits online',
    width: 64,
    inputShape: [64],
    network: network(64),
    rowsPerClass: null,
    rowsPerTask: 600,
    summary:
      'Five tasks of two classes of real 8×8 digits, 600 images each seen once in batches of 10, class-IL: MLP ' +
      '400-400, SGD 0.1.',
  }),
  ...narrow,
];
export default suites;
