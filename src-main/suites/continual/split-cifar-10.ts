import { cnn } from '../../engine/networks/architectures/cnn.ts';
import type { Suite } from '../contract.ts';
import { splitSuite } from './shared/split-suite.ts';

const common = {
  scenario: 'class-il',
  classes: 10,
  classesPerTask: 2,
  width: 3072,
  inputShape: [32, 32, 3],
  transform: { kind: 'scale', mean: 0.4734, deviation: 0.2516 },
} as const;

/**
 * Five tasks of two classes of colour images through a small convolutional network; the same on generated shapes, which
 * every machine has.
 */
export const suites: readonly Suite[] = [
  splitSuite({
    ...common,
    id: 'split-cifar-10',
    version: 2,
    title: 'Split CIFAR-10, class-IL',
    dataset: 'cifar-10',
    rowsPerClass: null,
    augmentation: { flip: true, pad: 4 },
    summary:
      'Five tasks of two classes of colour photographs, random crops and mirror images, CNN 32-32-64-64 ' +
      'with dense 256 and batch norm, 5 epochs a task, batch 32, SGD 0.02 with momentum.',
    network: (outputs) =>
      cnn({ input: [32, 32, 3], conv: [32, 32, 64, 64], dense: 256, outputs, init: 'he-normal', batchNorm: true }),
    epochs: 5,
    batchSize: 32,
    optimiser: { kind: 'sgd', lr: 0.02, momentum: 0.9 },
  }),
  ...[
    { id: 'split-cifar-10-small', dataset: 'cifar-10', title: 'Split CIFAR-10 small, class-IL' },
    {
      id: 'split-shapes-generated-small',
      dataset: 'shapes-generated',
      title: 'Split generated shapes small, class-IL',
    },
  ].map(({ id, dataset, title }) =>
    splitSuite({
      ...common,
      id,
      version: 1,
      title,
      dataset,
      rowsPerClass: { train: 1000, test: 500 },
      summary:
        'Five tasks of two classes of colour images, 1,000 training images a class, CNN 16-16-32-32 with dense 128, ' +
        '5 epochs a task, batch 32, SGD 0.02 with momentum.',
      network: (outputs) => cnn({ input: [32, 32, 3], conv: [16, 16, 32, 32], dense: 128, outputs, init: 'he-normal' }),
      epochs: 5,
      batchSize: 32,
      optimiser: { kind: 'sgd', lr: 0.02, momentum: 0.9 },
    }),
  ),
  ...[
    {
      id: 'split-cifar-10-quick',
      dataset: 'cifar-10',
      title: 'Split CIFAR-10 quick, class-IL',
      quickOf: 'split-cifar-10',
    },
    {
      id: 'split-shapes-generated-quick',
      dataset: 'shapes-generated',
      title: 'Split generated shapes quick, class-IL',
      quickOf: 'split-cifar-10',
    },
  ].map(({ id, dataset, title, quickOf }) =>
    splitSuite({
      ...common,
      id,
      version: 1,
      title,
      dataset,
      quickOf,
      rowsPerClass: { train: 160, test: 50 },
      summary:
        'Five tasks of two classes of colour images, 160 training images a class, CNN 8-8-16-16 with ' +
        'dense 64 and batch norm, 3 epochs a task.',
      network: (outputs) =>
        cnn({ input: [32, 32, 3], conv: [8, 8, 16, 16], dense: 64, outputs, init: 'he-normal', batchNorm: true }),
      epochs: 3,
      batchSize: 32,
      optimiser: { kind: 'adam', lr: 2e-3 },
    }),
  ),
];
export default suites;
