import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { Suite } from '../contract.ts';
import { permutedSuite } from './shared/permuted-suite.ts';

const network = (input: number, ...hidden: readonly number[]) =>
  mlp({ input, hidden, outputs: 10, init: 'torch-default' });

const SOURCES = [
  { id: 'permuted-mnist', dataset: 'mnist', title: 'Permuted MNIST' },
  { id: 'permuted-fashion-mnist', dataset: 'fashion-mnist', title: 'Permuted Fashion-MNIST' },
  { id: 'permuted-digits-generated', dataset: 'digits-generated', title: 'Permuted generated digits' },
] as const;

export const suites: readonly Suite[] = [
  ...SOURCES.flatMap(({ id, dataset, title }) => [
    permutedSuite({
      id,
      dataset,
      title,
      tasks: 10,
      rowsPerClass: null,
      network: network(784, 1000, 1000),
      epochs: 10,
      batchSize: 128,
      optimiser: { kind: 'adam', lr: 1e-4 },
      summary:
        'Ten tasks, each with its own order of the pixels: MLP 1000-1000, 10 epochs a task, batch 128, ' +
        'Adam 1e-4 (Hsu et al. 2018, without their padding).',
    }),
    permutedSuite({
      id: `${id}-quick`,
      dataset,
      title: `${title} quick`,
      tasks: 10,
      rowsPerClass: { train: 128, test: 100 },
      network: network(784, 100),
      epochs: 3,
      batchSize: 32,
      optimiser: { kind: 'adam', lr: 1e-3 },
      quickOf: id,
      summary:
        'Ten tasks, each with its own order of the pixels, 128 training images a class, MLP 100, 3 epochs a task.',
    }),
  ]),
  permutedSuite({
    id: 'permuted-optdigits',
    dataset: 'optdigits',
    title: 'Permuted optdigits',
    tasks: 10,
    rowsPerClass: null,
    network: network(64, 200, 200),
    epochs: 10,
    batchSize: 32,
    optimiser: { kind: 'adam', lr: 1e-3 },
    summary: 'Ten tasks, each with its own order of the 64 pixels of real digits: MLP 200-200, 10 epochs a task.',
  }),
  permutedSuite({
    id: 'permuted-optdigits-quick',
    dataset: 'optdigits',
    title: 'Permuted optdigits quick',
    tasks: 5,
    rowsPerClass: { train: 128, test: 100 },
    network: network(64, 100),
    epochs: 3,
    batchSize: 32,
    optimiser: { kind: 'adam', lr: 1e-3 },
    quickOf: 'permuted-optdigits',
    summary:
      'Five tasks, each with its own order of the 64 pixels of real digits, 128 training images a class, MLP 100.',
  }),
];
export default suites;
