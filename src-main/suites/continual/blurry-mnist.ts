import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { Suite } from '../contract.ts';
import { splitSuite } from './shared/split-suite.ts';

/**
 * Streams without boundaries: pairs of classes come one after another, each over a time that overlaps with that of its
 * neighbours (a Gaussian mixture of tasks, as Shanahan et al. 2021, arXiv:2104.01678, have it). Deviation, network and
 * rate are choices of the workbench: half a task, MLP 400-400 and SGD 0.1 as in the stream of Aljundi et al. 2019.
 */
export const suites: readonly Suite[] = ['mnist', 'digits-generated'].flatMap((dataset) =>
  [false, true].map((isQuick) => {
    const title = `Blurry ${dataset === 'mnist' ? 'MNIST' : 'generated digits'}`;
    const [rows, hidden] = isQuick ? [400, [100]] : [2000, [400, 400]];
    return splitSuite({
      id: `blurry-${dataset}${isQuick ? '-quick' : ''}`,
      version: 1,
      title: isQuick ? `${title}, quick` : title,
      ...(isQuick ? { quickOf: `blurry-${dataset}` } : {}),
      summary:
        'Pairs of classes that blend into each other, boundaries not told: five parts of ' +
        `${rows.toLocaleString('en')} ` +
        `images, each seen once in batches of 10; MLP ${hidden.join('-')}, SGD 0.1.`,
      scenario: 'class-il',
      dataset,
      classes: 10,
      classesPerTask: 2,
      boundaries: false,
      blur: 0.5,
      rowsPerClass: isQuick ? { train: 250, test: 100 } : null,
      rowsPerTask: rows,
      transform: { kind: 'none' },
      width: 784,
      inputShape: [784],
      network: (outputs) => mlp({ input: 784, hidden, outputs, init: 'torch-default' }),
      epochs: 1,
      batchSize: 10,
      optimiser: { kind: 'sgd', lr: 0.1 },
    });
  }),
);
export default suites;
