import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import type { Suite } from '../contract.ts';
import { iidSuite } from '../training/shared/iid-suite.ts';
import { PATH_METRICS, pathMeasure, pathTerms } from './shared/path.ts';

const PATH = { points: 11, trainRows: 10_000 } as const;
const measurePath = pathMeasure(PATH);

const common = {
  version: 1,
  kind: 'experts',
  family: 'merging',
  scenario: 'independent merging, REPAIR',
  // Of all pixels: (x − 33.32) / 78.58, where a pixel is 0 to 255.
  scaling: 'channels',
  optimiser: { kind: 'sgd', lr: 0.05, momentum: 0.9 },
  references: { lower: 'weight-average', upper: 'prediction-ensemble' },
  more: pathTerms(PATH),
  metrics: PATH_METRICS,
} as const;

/** 784 → width, as many middle layers of width → width, → 10. */
const network = (input: number, width: number, middle: number): NetworkSpec =>
  mlp({ input, hidden: Array.from({ length: middle + 1 }, () => width), outputs: 10, init: 'torch-default' });

interface Row {
  readonly id: string;
  readonly middle: number;
  readonly width: number;
  /** Trained with batch norm, which is folded into the weights before nets are merged. */
  readonly normed: boolean;
}

const row = (middle: number, width: number): Row => ({
  id: `repair-mlp/depth-${middle}${width === 128 ? '' : `-width-${width}`}`,
  middle,
  width,
  normed: true,
});
const plain = (middle: number): Row => ({ id: `repair-mlp-plain/depth-${middle}`, middle, width: 128, normed: false });

const layers = (middle: number): string => (middle === 1 ? 'one middle layer' : `${middle} middle layers`);

/** The rows of REPAIR's table, with all training rows and so without validation rows. */
const full = [
  ...[1, 2, 3, 5, 10].map((middle) => row(middle, 128)),
  ...[64, 256, 512].map((width) => row(10, width)),
  plain(1),
  plain(3),
].map(({ id, middle, width, normed }) =>
  iidSuite(
    {
      ...common,
      id,
      title: `REPAIR's MLPs on MNIST, ${layers(middle)} of ${width}${normed ? '' : ', without batch norm'}`,
      dataset: 'mnist',
      limit: null,
      validationShare: 0,
      grants: ['extra-passes', 'training-inputs', 'unlabelled-test', 'all-tasks'],
      network: network(784, width, middle),
      ...(normed ? { expert: 'train-fused' } : {}),
      epochs: 50,
      batchSize: 2000,
      riseEpochs: 5,
      summary:
        `Two MLPs with ${layers(middle)} of ${width} from different seeds on all of MNIST, ` +
        `${normed ? 'trained with batch norm that is then folded into the weights' : 'trained without batch norm'}; ` +
        '50 epochs of SGD 0.05 with momentum 0.9, batch 2,000, the rate up over 5 epochs and down to 0.',
    },
    measurePath,
  ),
);

const QUICK = [
  { dataset: 'mnist', name: 'MNIST', pixels: 784, rows: { train: 4000, test: 2000 }, epochs: 10 },
  { dataset: 'optdigits', name: 'optdigits', pixels: 64, rows: { train: 3000, test: 1500 }, epochs: 15 },
] as const;

/**
 * Two independent MLPs by the protocol of REPAIR's table (Jordan et al. 2023): trained with batch norm, folded into the
 * weights, then merged; and the same nets without batch norm.
 */
export const suites: readonly Suite[] = [
  ...full,
  ...QUICK.map(({ dataset, name, pixels, rows, epochs }) =>
    iidSuite(
      {
        ...common,
        id: `repair-mlp-quick/${dataset}`,
        title: `REPAIR's MLPs on ${name}, quick`,
        quickOf: 'repair-mlp/depth-3',
        dataset,
        limit: rows,
        validationShare: 0.1,
        network: network(pixels, 64, 3),
        expert: 'train-fused',
        epochs,
        batchSize: 120,
        riseEpochs: 2,
        summary: `MLPs with three middle layers of 64 on few rows of ${name}, by the same protocol: a few seconds in all.`,
      },
      measurePath,
    ),
  ),
];
export default suites;
