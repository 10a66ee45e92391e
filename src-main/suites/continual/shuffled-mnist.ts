import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { Suite } from '../contract.ts';
import { permutedSuite } from './shared/permuted-suite.ts';

/** Without biases: the published hidden bias is fixed at most at 0.01, and the outputs have none. */
const network = (input: number) => mlp({ input, hidden: [100], outputs: 10, init: 'glorot-normal', bias: false });

const common = { tasks: 10, rowsPerClass: null, batchSize: 100 } as const;

const SOURCES = [
  { id: 'shuffled-mnist', dataset: 'mnist', title: 'Shuffled MNIST' },
  { id: 'shuffled-digits-generated', dataset: 'digits-generated', title: 'Shuffled generated digits' },
] as const;

/**
 * Shuffled MNIST as orthogonal weights modification has it (Zeng et al. 2019, repository OWM, `Shuffled MNIST/`): ten
 * tasks, the first in the original order of pixels, a small net without biases. Once with the published 35 epochs, once
 * with 3, on which an order of methods takes seconds.
 */
export const suites: readonly Suite[] = [
  ...SOURCES.flatMap(({ id, dataset, title }) => [
    permutedSuite({
      ...common,
      id,
      dataset,
      title,
      network: network(784),
      epochs: 35,
      optimiser: { kind: 'sgd', lr: 0.1 },
      summary:
        'Ten tasks, each with its own order of the pixels: MLP 100 without biases, 35 epochs a task, batch 100, ' +
        'plain SGD (Zeng et al. 2019).',
    }),
    permutedSuite({
      ...common,
      id: `${id}-3-epochs`,
      dataset,
      title: `${title}, 3 epochs`,
      network: network(784),
      epochs: 3,
      optimiser: { kind: 'sgd', lr: 0.02, momentum: 0.9 },
      summary:
        'Shuffled MNIST of Zeng et al. 2019 with 3 epochs a task in place of 35: MLP 100 without biases, batch 100, ' +
        'SGD 0.02 with momentum.',
    }),
    permutedSuite({
      ...common,
      id: `${id}-quick`,
      dataset,
      title: `${title} quick`,
      tasks: 5,
      rowsPerClass: { train: 128, test: 100 },
      network: network(784),
      epochs: 5,
      batchSize: 32,
      optimiser: { kind: 'sgd', lr: 0.02, momentum: 0.9 },
      quickOf: id,
      summary:
        'Five tasks, each with its own order of the pixels, 128 training images a class, MLP 100 without biases, ' +
        '5 epochs a task, batch 32.',
    }),
  ]),
];
export default suites;
