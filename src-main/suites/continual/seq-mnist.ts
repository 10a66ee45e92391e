import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { ContinualScenario } from '../../methods/continual/contract.ts';
import type { Suite } from '../contract.ts';
import { splitSuite } from './shared/split-suite.ts';
import { SCENARIO_TITLES } from './shared/words.ts';

const SCENARIOS: readonly ContinualScenario[] = ['class-il', 'task-il'];

/**
 * Sequential MNIST of Buzzega et al. 2020 (repository Mammoth, `datasets/seq_mnist.py` and `utils/best_args.py` at
 * commit d20f640): all images of five pairs of classes, each seen once in batches of 10 by an MLP 100-100, plain SGD.
 * Each method has a rate of its own there; the suite's is that of fine-tuning.
 */
export const suites: readonly Suite[] = ['mnist', 'digits-generated'].flatMap((dataset) =>
  SCENARIOS.flatMap((scenario) =>
    [false, true].map((isQuick) => {
      const what = dataset === 'mnist' ? 'MNIST' : 'generated digits';
      return splitSuite({
        id: `seq-${dataset}${isQuick ? '-quick' : ''}/${scenario}`,
        version: 1,
        title: `Sequential ${what}${isQuick ? ' quick' : ''}, ${SCENARIO_TITLES[scenario]}`,
        ...(isQuick ? { quickOf: `seq-${dataset}/${scenario}` } : {}),
        summary:
          `Five pairs of classes, ${isQuick ? '200 images a class' : 'all images'}, each seen once in batches of 10: ` +
          'MLP 100-100, SGD 0.03 (Buzzega et al. 2020).',
        scenario,
        dataset,
        classes: 10,
        classesPerTask: 2,
        rowsPerClass: isQuick ? { train: 200, test: 100 } : null,
        transform: { kind: 'none' },
        width: 784,
        inputShape: [784],
        network: (outputs) => mlp({ input: 784, hidden: [100, 100], outputs, init: 'torch-default' }),
        epochs: 1,
        batchSize: 10,
        optimiser: { kind: 'sgd', lr: 0.03 },
      });
    }),
  ),
);
export default suites;
