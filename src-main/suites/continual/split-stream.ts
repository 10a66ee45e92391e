import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { Suite } from '../contract.ts';
import { splitSuite } from './shared/split-suite.ts';

const common = {
  version: 1,
  scenario: 'class-il',
  classes: 10,
  classesPerTask: 2,
  boundaries: false,
  epochs: 1,
  batchSize: 64,
  optimiser: { kind: 'adagrad', lr: 2e-4 },
} as const;
const network = (input: number, units: number) => (outputs: number) =>
  mlp({ input, hidden: [units], outputs, init: 'he-normal', bias: false });

/**
 * The stream of repository LesserScholar/hard-ash, `02_run_experiments.py`: five pairs of classes one after the other,
 * each seen once, by one head of ten outputs that all take part from the start. Methods are not told where one pair
 * ends. MLP 1000 without biases, pixels standardised with torchvision's constants, batches of 64.
 */
export const suites: readonly Suite[] = [
  ...[
    { id: 'split-mnist-stream', dataset: 'mnist', title: 'Split-MNIST, boundaries not told' },
    {
      id: 'split-digits-generated-stream',
      dataset: 'digits-generated',
      title: 'Split generated digits, boundaries not told',
    },
  ].flatMap(({ id, dataset, title }) => [
    splitSuite({
      ...common,
      id,
      dataset,
      title,
      width: 784,
      inputShape: [784],
      transform: { kind: 'scale', mean: 0.1307, deviation: 0.3081 },
      network: network(784, 1000),
      rowsPerClass: null,
      summary:
        'Five pairs of classes in a row, each seen once in batches of 64, boundaries not told: MLP 1000 ' +
        'without biases, Adagrad 2e-4.',
    }),
    splitSuite({
      ...common,
      id: `${id}-quick`,
      dataset,
      title: `${title}, quick`,
      quickOf: id,
      width: 784,
      inputShape: [784],
      transform: { kind: 'scale', mean: 0.1307, deviation: 0.3081 },
      network: network(784, 100),
      rowsPerClass: { train: 256, test: 100 },
      batchSize: 16,
      optimiser: { kind: 'adagrad', lr: 1e-3 },
      summary:
        'Five pairs of classes in a row, 256 training images a class, each seen once in batches of 16, boundaries ' +
        'not told: MLP 100.',
    }),
  ]),
  splitSuite({
    ...common,
    id: 'split-optdigits-stream',
    dataset: 'optdigits',
    title: 'Split optdigits, boundaries not told',
    width: 64,
    inputShape: [64],
    transform: { kind: 'none' },
    network: network(64, 400),
    rowsPerClass: null,
    batchSize: 16,
    optimiser: { kind: 'adagrad', lr: 1e-3 },
    summary:
      'Five pairs of classes of real 8×8 digits in a row, each seen once in batches of 16, boundaries not told: ' +
      'MLP 400.',
  }),
];
export default suites;
