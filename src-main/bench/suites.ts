import { cnn } from '../engine/networks/architectures/cnn.ts';
import { mlp } from '../engine/networks/architectures/mlp.ts';
import type { Dataset } from '../datasets/types.ts';
import { stream } from '../engine/random/streams.ts';
import type { OptimiserSpec } from '../engine/types.ts';
import type { NetworkSpec } from '../engine/networks/specification.ts';
import { splitSuite } from '../suites/continual/shared/split-suite.ts';
import type { Suite } from '../suites/contract.ts';

export const BATCH = 128;

/** A network as the rows name it: `mlp-784-400-400-10`, `cnn-32-32-64-64`. */
export interface BenchNetwork {
  readonly id: string;
  readonly spec: NetworkSpec;
  /** Training rows, whole batches: a dense network's as many as a task of Split-MNIST; an epoch is also the warm-up. */
  readonly rows: number;
  /**
   * What it is trained on: MNIST's first images, of which four pixels in five are black, or uniform noise, in which
   * nothing is zero.
   */
  readonly images: 'mnist' | 'noise';
}

const dense = (images: BenchNetwork['images'], ...sizes: readonly number[]): BenchNetwork => ({
  id: `mlp-${sizes.join('-')}`,
  rows: 96 * BATCH,
  images,
  spec: mlp({ input: sizes[0], hidden: sizes.slice(1, -1), outputs: sizes[sizes.length - 1], init: 'torch-default' }),
});

export const NETWORKS = {
  wide: dense('mnist', 784, 400, 400, 10),
  narrow: dense('mnist', 784, 100, 10),
  wideOnNoise: dense('noise', 784, 400, 400, 10),
  narrowOnNoise: dense('noise', 784, 100, 10),
  convolutional: {
    id: 'cnn-32-32-64-64',
    images: 'noise',
    rows: 8 * BATCH,
    spec: cnn({ input: [32, 32, 3], conv: [32, 32, 64, 64], dense: 256, outputs: 10, init: 'he-normal' }),
  },
} as const satisfies Record<string, BenchNetwork>;

export const OPTIMISERS = {
  sgd: { kind: 'sgd', lr: 0.01 },
  adam: { kind: 'adam', lr: 1e-3 },
} as const satisfies Record<string, OptimiserSpec>;
export type OptimiserName = keyof typeof OPTIMISERS;

export const widthOf = (spec: NetworkSpec): number => spec.input.reduce((product, size) => product * size, 1);

const dataId = (network: BenchNetwork): string => `bench-${network.id}-${network.images}`;
export const stepSuiteId = (network: BenchNetwork, optimiser: OptimiserName): string =>
  `bench/${network.id}-${optimiser}-${network.images}`;

/** One task that never ends, so that a trial can be watched for as long as it takes and then stopped. */
function stepSuite(network: BenchNetwork, optimiser: OptimiserName): Suite {
  return splitSuite({
    id: stepSuiteId(network, optimiser),
    version: 1,
    title: `Steps of ${network.id}, ${optimiser}`,
    summary: `For the benchmark: ${network.images === 'mnist' ? 'written digits' : 'noise of the size of images'}.`,
    scenario: 'class-il',
    dataset: dataId(network),
    classes: 10,
    classesPerTask: 10,
    rowsPerClass: null,
    transform: { kind: 'none' },
    width: widthOf(network.spec),
    inputShape: network.spec.input,
    network: () => network.spec,
    epochs: 100_000,
    batchSize: BATCH,
    optimiser: OPTIMISERS[optimiser],
  });
}

/**
 * Split-MNIST as Avalanche's users have it: 28 × 28 images, torchvision's constants, MLP 784-400-400-10; the rest as in
 * the program's own suite.
 */
const STUDY: Suite = splitSuite({
  id: 'bench/split-mnist-784',
  version: 1,
  title: 'Split-MNIST for the benchmark',
  summary: 'Five tasks of two classes, MLP 784-400-400-10, 4 epochs a task, batch 128, Adam 1e-3.',
  scenario: 'class-il',
  dataset: 'mnist',
  classes: 10,
  classesPerTask: 2,
  rowsPerClass: null,
  transform: { kind: 'scale', mean: 0.1307, deviation: 0.3081 },
  width: 784,
  inputShape: [784],
  network: (outputs) => mlp({ input: 784, hidden: [400, 400], outputs, init: 'torch-default' }),
  epochs: 4,
  batchSize: BATCH,
  optimiser: { kind: 'adam', lr: 1e-3 },
});
export const STUDY_SUITE = STUDY.id;

const NETWORK_LIST: readonly BenchNetwork[] = Object.values(NETWORKS);
const OPTIMISER_NAMES: readonly OptimiserName[] = ['sgd', 'adam'];

/** Suites that only the benchmark knows; in front of the program's own in its worker and its command line. */
export const BENCH_SUITES: readonly Suite[] = [
  ...NETWORK_LIST.flatMap((network) => OPTIMISER_NAMES.map((optimiser) => stepSuite(network, optimiser))),
  STUDY,
];

const DRAWN_ROWS = 512;

/** The data of a step suite; null for any other id. `mnist` opens the program's own data set. Rejects as that does. */
export async function benchDataset(id: string, mnist: () => Promise<Dataset>): Promise<Dataset | null> {
  const network = NETWORK_LIST.find((candidate) => dataId(candidate) === id);
  if (network === undefined) return null;
  const width = widthOf(network.spec);
  const { train, test } =
    network.images === 'mnist' ? firstOf(await mnist(), width, network.rows) : noise(id, width, network.rows);
  return {
    id,
    title: id,
    shape: network.spec.input,
    classes: Array.from({ length: 10 }, (_, label) => String(label)),
    train,
    test,
    sha256: id,
  };
}

type Splits = Pick<Dataset, 'train' | 'test'>;

function firstOf({ train, test }: Splits, width: number, rows: number): Splits {
  const first = ({ x, y }: Dataset['train'], count: number): Dataset['train'] => ({
    rows: count,
    x: x.subarray(0, count * width),
    y: y.subarray(0, count),
  });
  return { train: first(train, rows), test: first(test, BATCH) };
}

/** Uniform noise with labels. */
function noise(id: string, width: number, rows: number): Splits {
  const random = stream(1, id);
  const split = (count: number): Dataset['train'] => {
    const x = new Float32Array(count * width);
    // Drawing takes longer than training on it: some rows are drawn and repeated, which arithmetic and caches don't
    // notice.
    const drawn = x.subarray(0, Math.min(count, DRAWN_ROWS) * width);
    random.fillUniform(drawn, 0, 1);
    for (let at = drawn.length; at < x.length; at += drawn.length)
      x.copyWithin(at, 0, Math.min(drawn.length, x.length - at));
    return { rows: count, x, y: Int32Array.from({ length: count }, (_, row) => row % 10) };
  };
  return { train: split(rows), test: split(BATCH) };
}
