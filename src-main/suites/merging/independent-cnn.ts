import { residualCnn } from '../../engine/networks/architectures/residual-cnn.ts';
import { formatInteger } from '../../metrics/format.ts';
import type { Suite } from '../contract.ts';
import { iidSuite } from '../training/shared/iid-suite.ts';
import { PATH_METRICS, pathMeasure, pathTerms } from './shared/path.ts';

const PATH = { points: 11, trainRows: 2000 } as const;
const measurePath = pathMeasure(PATH);

const common = {
  version: 1,
  kind: 'experts',
  family: 'merging',
  scenario: 'independent merging, batch norm',
  scaling: 'channels',
  validationShare: 0.1,
  optimiser: { kind: 'sgd', lr: 0.05, momentum: 0.9, weightDecay: 5e-4 },
  references: { lower: 'best-single', upper: 'prediction-ensemble' },
  more: {
    ...pathTerms(PATH),
    batchNormStatistics: 'reset, cumulative average over one pass of at most 10,000 unlabelled training inputs',
  },
  metrics: PATH_METRICS,
} as const;

interface Row {
  readonly id: string;
  readonly quickOf?: string;
  readonly dataset: string;
  readonly title: string;
  readonly input: readonly [number, number, number];
  readonly stages: readonly number[];
  readonly rows: { readonly train: number; readonly test: number } | null;
  readonly epochs: number;
  readonly batchSize: number;
}

const ROWS: readonly Row[] = [
  {
    id: 'independent-cnn/cifar-10',
    dataset: 'cifar-10',
    title: 'CIFAR-10, two independent residual nets',
    input: [32, 32, 3],
    stages: [32, 64, 128],
    rows: null,
    epochs: 20,
    batchSize: 128,
  },
  {
    id: 'independent-cnn/mnist',
    dataset: 'mnist',
    title: 'MNIST, two independent residual nets',
    input: [28, 28, 1],
    stages: [16, 32],
    rows: { train: 20_000, test: 10_000 },
    epochs: 5,
    batchSize: 128,
  },
  {
    id: 'independent-cnn-quick/mnist',
    quickOf: 'independent-cnn/mnist',
    dataset: 'mnist',
    title: 'MNIST, two independent residual nets, quick',
    input: [28, 28, 1],
    stages: [8, 16],
    rows: { train: 2000, test: 1000 },
    epochs: 5,
    batchSize: 50,
  },
  {
    id: 'independent-cnn-quick/optdigits',
    quickOf: 'independent-cnn/cifar-10',
    dataset: 'optdigits',
    title: 'optdigits, two independent residual nets, quick',
    input: [8, 8, 1],
    stages: [32, 64],
    rows: { train: 2000, test: 1000 },
    epochs: 6,
    batchSize: 50,
  },
];

/**
 * Two residual nets with batch norm from different seeds on the same data, merged into one. Batch-norm statistics are
 * estimated anew for every merge alike, and for the nets that are merged.
 */
export const suites: readonly Suite[] = ROWS.map(
  ({ id, quickOf, dataset, title, input, stages, rows, epochs, batchSize }) =>
    iidSuite(
      {
        ...common,
        id,
        ...(quickOf === undefined ? {} : { quickOf }),
        title,
        dataset,
        limit: rows,
        network: residualCnn({ input, stages, blocks: 1, outputs: 10, init: 'he-normal' }),
        epochs,
        batchSize,
        riseEpochs: 1,
        summary:
          `Two residual nets with batch norm (stages of ${stages.join(', ')} channels) on ` +
          `${rows === null ? 'all' : formatInteger(rows.train)} training images, ${epochs} epochs of SGD 0.05; batch-norm ` +
          'statistics are estimated anew for every net that is judged.',
      },
      measurePath,
    ),
);
export default suites;
