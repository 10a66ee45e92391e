import type { CnnSettings } from '../../engine/networks/architectures/cnn.ts';
import { cnn } from '../../engine/networks/architectures/cnn.ts';
import type { Suite } from '../contract.ts';
import { iidSuite } from './shared/iid-suite.ts';

const common = {
  version: 1,
  family: 'training',
  scenario: 'iid',
  scaling: 'channels',
  validationShare: 0.1,
  optimiser: { kind: 'sgd', lr: 0.05, momentum: 0.9 },
  references: { lower: 'majority-class', upper: 'sgd-augmentation' },
} as const;
const FULL = {
  input: [32, 32, 3],
  conv: [32, 32, 64, 64],
  dense: 256,
  outputs: 10,
  init: 'he-normal',
  batchNorm: true,
} as const satisfies CnnSettings;
const full = cnn(FULL);
const small = cnn({ ...FULL, conv: [8, 8, 16, 16], dense: 64 });

/** Generated without a limit to variety: crops take more than they give within few epochs. */
const SHAPES_ENDS = { lower: 'majority-class', upper: 'sgd' } as const;

/** Colour images and convolutions: CIFAR-10 where it is installed, generated shapes everywhere. */
export const suites: readonly Suite[] = [
  iidSuite({
    ...common,
    id: 'iid-cifar-10',
    title: 'CIFAR-10',
    dataset: 'cifar-10',
    limit: null,
    network: full,
    epochs: 30,
    batchSize: 128,
    augmentation: { flip: true, pad: 4 },
    summary:
      'CIFAR-10; CNN 32-32-64-64 with batch norm, dense 256; 30 epochs, batch 128. Crops and mirror ' +
      'images keep a label.',
  }),
  iidSuite({
    ...common,
    id: 'iid-cifar-10-quick',
    title: 'CIFAR-10, quick',
    quickOf: 'iid-cifar-10',
    dataset: 'cifar-10',
    limit: { train: 2000, test: 1000 },
    network: small,
    epochs: 4,
    batchSize: 50,
    augmentation: { flip: true, pad: 2 },
    summary: '2,000 images of CIFAR-10; CNN 8-8-16-16 with batch norm, dense 64; 4 epochs: some ten seconds a trial.',
  }),
  iidSuite({
    ...common,
    id: 'iid-cifar-10-5k',
    title: 'CIFAR-10, 5,000 images',
    dataset: 'cifar-10',
    limit: { train: 5000, test: 2000 },
    network: small,
    epochs: 40,
    batchSize: 50,
    augmentation: { flip: true, pad: 4 },
    summary:
      '5,000 images of CIFAR-10; CNN 8-8-16-16 with batch norm, dense 64; 40 epochs, until it fits ' +
      'them: where regularisers show, in a minute a trial.',
  }),
  iidSuite({
    ...common,
    id: 'iid-cifar-10-5k-quick',
    title: 'CIFAR-10, 5,000 images, quick',
    quickOf: 'iid-cifar-10-5k',
    dataset: 'cifar-10',
    limit: { train: 1000, test: 500 },
    network: small,
    epochs: 4,
    batchSize: 50,
    augmentation: { flip: true, pad: 4 },
    summary: '1,000 images of CIFAR-10; CNN 8-8-16-16 with batch norm, dense 64; 4 epochs: a few seconds a trial.',
  }),
  iidSuite({
    ...common,
    references: SHAPES_ENDS,
    id: 'iid-shapes',
    title: 'Generated colour shapes',
    dataset: 'shapes-generated',
    limit: null,
    network: full,
    epochs: 10,
    batchSize: 128,
    augmentation: { flip: true, pad: 4 },
    summary:
      'Ten classes of generated 32×32 colour images; CNN 32-32-64-64 with batch norm, dense 256; 10 epochs, batch 128.',
  }),
  iidSuite({
    ...common,
    references: SHAPES_ENDS,
    id: 'iid-shapes-quick',
    title: 'Generated colour shapes, quick',
    quickOf: 'iid-shapes',
    dataset: 'shapes-generated',
    limit: { train: 2000, test: 500 },
    network: small,
    epochs: 5,
    batchSize: 50,
    augmentation: { flip: true, pad: 2 },
    summary: '2,000 generated colour images; CNN 8-8-16-16 with batch norm, dense 64; 5 epochs: a few seconds a trial.',
  }),
];
export default suites;
