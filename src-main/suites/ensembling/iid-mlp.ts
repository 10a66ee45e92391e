import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { formatInteger } from '../../metrics/format.ts';
import type { Suite } from '../contract.ts';
import { iidSuite } from '../training/shared/iid-suite.ts';

const common = {
  version: 1,
  family: 'ensembling',
  scenario: 'iid',
  scaling: 'none',
  validationShare: 0.1,
  references: { lower: 'single', upper: 'deep-ensemble' },
  optimiser: { kind: 'adam', lr: 1e-3 },
} as const;

const network = (input: number, hidden: readonly number[]): NetworkSpec =>
  mlp({ input, hidden, outputs: 10, init: 'torch-default' });

const DATASETS = [
  {
    dataset: 'mnist',
    name: 'MNIST',
    pixels: 784,
    hidden: [200, 200, 200],
    epochs: 20,
    batchSize: 128,
    quick: { hidden: [50], epochs: 5, batchSize: 50, limit: { train: 3000, test: 1000 } },
  },
  {
    dataset: 'optdigits',
    name: 'optdigits',
    pixels: 64,
    hidden: [100, 100],
    epochs: 40,
    batchSize: 64,
    quick: { hidden: [50], epochs: 8, batchSize: 32, limit: { train: 1000, test: 1000 } },
  },
  {
    dataset: 'digits-generated',
    name: 'Generated digits',
    pixels: 784,
    hidden: [200, 200],
    epochs: 20,
    batchSize: 64,
    quick: { hidden: [50], epochs: 5, batchSize: 50, limit: { train: 2000, test: 1000 } },
  },
] as const;

/**
 * How sure and how right a network is on digits: accuracy, likelihood and calibration of one net, of several, of a
 * rescaled one.
 */
export const suites: readonly Suite[] = DATASETS.flatMap(
  ({ dataset, name, pixels, hidden, epochs, batchSize, quick }) => [
    iidSuite({
      ...common,
      id: `iid-mlp/${dataset}`,
      title: `${name}, one MLP and ensembles`,
      dataset,
      limit: null,
      network: network(pixels, hidden),
      epochs,
      batchSize,
      summary:
        `${name}; MLP ${hidden.join('-')}, ${epochs} epochs, batch ${batchSize}, Adam 1e-3; a tenth of ` +
        'the training rows validates.',
    }),
    iidSuite({
      ...common,
      id: `iid-mlp-quick/${dataset}`,
      title: `${name}, one MLP and ensembles, quick`,
      quickOf: `iid-mlp/${dataset}`,
      dataset,
      network: network(pixels, quick.hidden),
      ...quickBudget(quick),
      summary:
        `${formatInteger(quick.limit.train)} rows of ${name}; MLP ${quick.hidden.join('-')}, ` +
        `${quick.epochs} epochs: about a second a network.`,
    }),
  ],
);
export default suites;

function quickBudget({
  epochs,
  batchSize,
  limit,
}: {
  epochs: number;
  batchSize: number;
  limit: { train: number; test: number };
}) {
  return { epochs, batchSize, limit };
}
