import { lenet5 } from '../../engine/networks/architectures/lenet5.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import type { Suite } from '../contract.ts';
import { uncertaintySuite } from './shared/uncertainty.ts';

/** As google/uncertainty-baselines trains it (`baselines/mnist/deterministic.py`): Keras' Adam and initialisation. */
const common = {
  version: 1,
  family: 'ensembling',
  scenario: 'iid',
  scaling: 'none',
  references: { lower: 'single', upper: 'deep-ensemble' },
  optimiser: { kind: 'adam', lr: 1e-3, epsilon: 1e-7 },
} as const;

const net = (input: readonly [number, number, number]): NetworkSpec =>
  lenet5({ input, filters: [6, 16, 120], dense: 84, outputs: 10, init: 'glorot-uniform' });
const smallNet = (input: readonly [number, number, number]): NetworkSpec =>
  lenet5({ input, filters: [6, 16, 32], dense: 32, outputs: 10, init: 'glorot-uniform' });

const GREY = [28, 28, 1] as const;
const COLOUR = [32, 32, 3] as const;

const SETS = [
  { id: 'mnist-lenet', title: 'MNIST', dataset: 'mnist', other: 'fashion-mnist' },
  { id: 'fashion-lenet', title: 'Fashion-MNIST', dataset: 'fashion-mnist', other: 'mnist' },
] as const;

const quick = {
  ...common,
  epochs: 5,
  batchSize: 50,
  validationShare: 0.2,
  limit: { train: 2500, test: 1000 },
} as const;

/** LeNet-5 on MNIST and Fashion-MNIST, also asked about the other set and about corrupted test images. */
export const suites: readonly Suite[] = [
  ...SETS.flatMap(({ id, title, dataset, other }) => [
    uncertaintySuite(
      {
        ...common,
        id,
        title: `${title}, LeNet-5 and ensembles`,
        dataset,
        limit: null,
        validationShare: 0,
        grants: ['extra-passes'],
        network: net(GREY),
        epochs: 21,
        batchSize: 256,
        summary:
          `${title}, all training rows; LeNet-5 of 545,546 parameters, 21 epochs, batch 256, Adam 1e-3, as in ` +
          'uncertainty-baselines. Also asked about images of the other set, and about corrupted ones.',
      },
      { outside: { dataset: other, rows: 10_000 }, corruptedRows: 1000 },
    ),
    uncertaintySuite(
      {
        ...common,
        id: `${id}-small`,
        title: `${title}, LeNet-5 and ensembles, 12,000 rows`,
        dataset,
        limit: { train: 15_000, test: 10_000 },
        validationShare: 0.2,
        network: net(GREY),
        epochs: 10,
        batchSize: 256,
        summary:
          `12,000 training and 3,000 validation rows of ${title}; LeNet-5 of 545,546 parameters, 10 epochs, batch ` +
          '256, Adam 1e-3. Also asked about images of the other set, and about corrupted ones.',
      },
      { outside: { dataset: other, rows: 2000 }, corruptedRows: 500 },
    ),
  ]),
  uncertaintySuite(
    {
      ...quick,
      id: 'mnist-lenet-quick',
      quickOf: 'mnist-lenet',
      title: 'MNIST, LeNet-5 and ensembles, quick',
      dataset: 'mnist',
      network: smallNet(GREY),
      summary:
        '2,000 training and 500 validation rows of MNIST; LeNet-5 with filters 6-16-32 and 32 units, 5 epochs. Also ' +
        'asked about generated shapes, and about corrupted images.',
    },
    { outside: { dataset: 'shapes-generated', rows: 500 }, corruptedRows: 200 },
  ),
  uncertaintySuite(
    {
      ...quick,
      id: 'fashion-lenet-quick',
      quickOf: 'fashion-lenet',
      title: 'Generated shapes, LeNet-5 and ensembles, quick',
      dataset: 'shapes-generated',
      network: smallNet(COLOUR),
      summary:
        '2,000 training and 500 validation rows of generated colour shapes; LeNet-5 with filters 6-16-32 and 32 ' +
        'units, 5 epochs. Also asked about digits of MNIST, and about corrupted images.',
    },
    { outside: { dataset: 'mnist', rows: 500 }, corruptedRows: 200 },
  ),
];
export default suites;
