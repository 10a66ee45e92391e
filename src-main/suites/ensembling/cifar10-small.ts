import { residualCnn } from '../../engine/networks/architectures/residual-cnn.ts';
import type { Suite } from '../contract.ts';
import { uncertaintySuite } from './shared/uncertainty.ts';

const common = {
  version: 1,
  family: 'ensembling',
  scenario: 'iid',
  scaling: 'none',
  validationShare: 0.2,
  references: { lower: 'single', upper: 'deep-ensemble' },
  optimiser: { kind: 'sgd', lr: 0.05, momentum: 0.9, weightDecay: 5e-4 },
} as const;

const net = (input: readonly [number, number, number], stages: readonly number[]) =>
  residualCnn({ input, stages, blocks: 1, outputs: 10, init: 'he-normal' });

/** A small residual net on some of CIFAR-10, also asked about images of no class and about corrupted test images. */
export const suites: readonly Suite[] = [
  uncertaintySuite(
    {
      ...common,
      id: 'cifar10-small',
      title: 'CIFAR-10, a small residual net and ensembles, 10,000 rows',
      dataset: 'cifar-10',
      limit: { train: 12_500, test: 2000 },
      network: net([32, 32, 3], [16, 32, 64]),
      epochs: 20,
      batchSize: 128,
      augmentation: { flip: true, pad: 4 },
      summary:
        '10,000 training and 2,500 validation rows of CIFAR-10; residual net of stages 16-32-64, a block each, 20 ' +
        'epochs, batch 128. Also asked about generated shapes, and about corrupted images.',
    },
    { outside: { dataset: 'shapes-generated', rows: 1000 }, corruptedRows: 300 },
  ),
  uncertaintySuite(
    {
      ...common,
      id: 'cifar10-small-quick',
      version: 2,
      quickOf: 'cifar10-small',
      title: 'MNIST, a small residual net and ensembles, quick',
      dataset: 'mnist',
      limit: { train: 2500, test: 500 },
      network: net([28, 28, 1], [8, 16]),
      epochs: 4,
      batchSize: 50,
      augmentation: { flip: false, pad: 2 },
      summary:
        '2,000 training and 500 validation rows of MNIST; residual net of stages 8-16, 4 epochs. Also asked about ' +
        'generated shapes, and about corrupted images.',
    },
    { outside: { dataset: 'shapes-generated', rows: 250 }, corruptedRows: 100 },
  ),
];
export default suites;
