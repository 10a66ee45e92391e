import { mlp } from '../../engine/networks/architectures/mlp.ts';
import { CONTINUAL_SCENARIOS, type ContinualScenario } from '../../methods/continual/contract.ts';
import type { Suite } from '../contract.ts';
import { splitSuite } from './shared/split-suite.ts';
import type { InputTransform } from './shared/stream-data.ts';
import { SCENARIO_TITLES } from './shared/words.ts';

/**
 * Images padded to 32×32 and normalised with the constants of GT-RIPL/Continual-Learning-Benchmark
 * `dataloaders/base.py`.
 */
const PADDED: InputTransform = { kind: 'pad-normalise', side: 28, pad: 2, mean: 0.1, deviation: 0.2752 };

interface Source {
  readonly id: string;
  readonly dataset: string;
  readonly title: string;
}

/**
 * The protocol of Hsu et al. 2018: five tasks of two consecutive classes, MLP 1024-400-400 with PyTorch's default
 * initialisation, 4 epochs a task, batches of 128, Adam 1e-3, the optimiser's state kept from task to task.
 */
function hsu({ id, dataset, title }: Source, scenario: ContinualScenario): Suite {
  return splitSuite({
    id: `${id}/${scenario}`,
    version: 1,
    title: `${title}, ${SCENARIO_TITLES[scenario]}`,
    scenario,
    dataset,
    summary:
      'Five tasks of two classes each, protocol of Hsu et al. 2018: MLP 400-400, 4 epochs a task, batch ' +
      '128, Adam 1e-3.',
    classes: 10,
    classesPerTask: 2,
    rowsPerClass: null,
    transform: PADDED,
    width: 784,
    inputShape: [1024],
    network: (outputs) => mlp({ input: 1024, hidden: [400, 400], outputs, init: 'torch-default' }),
    epochs: 4,
    batchSize: 128,
    optimiser: { kind: 'adam', lr: 1e-3 },
  });
}

/** The same stream made small: 256 training images a class, a narrow network. */
function quick({ id, dataset, title }: Source, scenario: ContinualScenario): Suite {
  return splitSuite({
    id: `${id}-quick/${scenario}`,
    version: 1,
    title: `${title} quick, ${SCENARIO_TITLES[scenario]}`,
    scenario,
    dataset,
    quickOf: `${id}/${scenario}`,
    summary:
      'Five tasks of two classes each with 256 training images a class, MLP 100, 4 epochs a task: seconds on a laptop.',
    classes: 10,
    classesPerTask: 2,
    rowsPerClass: { train: 256, test: 100 },
    transform: { kind: 'none' },
    width: 784,
    inputShape: [784],
    network: (outputs) => mlp({ input: 784, hidden: [100], outputs, init: 'torch-default' }),
    epochs: 4,
    batchSize: 32,
    optimiser: { kind: 'adam', lr: 1e-3 },
  });
}

const SOURCES: readonly Source[] = [
  { id: 'split-mnist', dataset: 'mnist', title: 'Split-MNIST' },
  { id: 'split-fashion-mnist', dataset: 'fashion-mnist', title: 'Split Fashion-MNIST' },
  { id: 'split-digits-generated', dataset: 'digits-generated', title: 'Split generated digits' },
];

export const suites: readonly Suite[] = SOURCES.flatMap((source) =>
  CONTINUAL_SCENARIOS.flatMap((scenario) => [hsu(source, scenario), quick(source, scenario)]),
);
export default suites;
