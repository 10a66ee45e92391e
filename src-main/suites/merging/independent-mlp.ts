import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { formatInteger } from '../../metrics/format.ts';
import type { Suite } from '../contract.ts';
import { iidSuite } from '../training/shared/iid-suite.ts';
import { pathMeasure, pathTerms } from './shared/path.ts';

/** Points of the straight path between the two nets, as in Git Re-Basin's figures; the first training rows. */
const PATH = { points: 25, trainRows: 10_000 } as const;
const measurePath = pathMeasure(PATH);

const network = (input: number, hidden: readonly number[]): NetworkSpec =>
  mlp({ input, hidden, outputs: 10, init: 'torch-default' });

const common = {
  version: 1,
  kind: 'experts',
  family: 'merging',
  scenario: 'independent merging',
  scaling: 'none',
  validationShare: 0.1,
  optimiser: { kind: 'adam', lr: 1e-3 },
  references: { lower: 'best-single', upper: 'prediction-ensemble' },
  more: pathTerms(PATH),
  metrics: [
    'acc.test',
    'barrier.loss.frankle20',
    'acc.midpoint',
    'barrier.accuracy.frankle20',
    'nll.test',
    'barrier.loss.frankle20.train',
    'acc.midpoint.train',
  ],
} as const;

const DATASETS = [
  {
    dataset: 'mnist',
    name: 'MNIST',
    pixels: 784,
    width: 512,
    epochs: 25,
    batchSize: 500,
    quick: { width: 128, epochs: 8, batchSize: 50, limit: { train: 3000, test: 1000 } },
  },
  {
    dataset: 'optdigits',
    name: 'optdigits',
    pixels: 64,
    width: 256,
    epochs: 60,
    batchSize: 100,
    quick: { width: 64, epochs: 10, batchSize: 32, limit: { train: 1500, test: 1000 } },
  },
  {
    dataset: 'digits-generated',
    name: 'Generated digits',
    pixels: 784,
    width: 512,
    epochs: 25,
    batchSize: 250,
    quick: { width: 128, epochs: 6, batchSize: 50, limit: { train: 2000, test: 1000 } },
  },
] as const;

/**
 * Two nets from different seeds on the same data, merged into one: Git Re-Basin's MLP protocol (three equal hidden
 * layers) in fewer epochs.
 */
export const suites: readonly Suite[] = DATASETS.flatMap(
  ({ dataset, name, pixels, width, epochs, batchSize, quick }) => [
    iidSuite(
      {
        ...common,
        id: `independent-mlp/${dataset}`,
        title: `${name}, two independent MLPs`,
        dataset,
        limit: null,
        network: network(pixels, [width, width, width]),
        epochs,
        batchSize,
        summary:
          `Two MLPs ${width}-${width}-${width} from different seeds on ${name} (${epochs} epochs, batch ` +
          `${batchSize}, Adam 1e-3), merged; the path between them in ${PATH.points} points.`,
      },
      measurePath,
    ),
    iidSuite(
      {
        ...common,
        id: `independent-mlp-quick/${dataset}`,
        title: `${name}, two independent MLPs, quick`,
        quickOf: `independent-mlp/${dataset}`,
        dataset,
        limit: quick.limit,
        network: network(pixels, [quick.width, quick.width]),
        epochs: quick.epochs,
        batchSize: quick.batchSize,
        summary:
          `Two MLPs ${quick.width}-${quick.width} on ${formatInteger(quick.limit.train)} rows of ${name}, ` +
          'merged: a few seconds in all.',
      },
      measurePath,
    ),
  ],
);
export default suites;
