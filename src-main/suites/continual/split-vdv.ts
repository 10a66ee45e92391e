import { mlp } from '../../engine/networks/architectures/mlp.ts';
import { CONTINUAL_SCENARIOS, type ContinualScenario } from '../../methods/continual/contract.ts';
import type { Suite } from '../contract.ts';
import { splitSuite } from './shared/split-suite.ts';
import { SCENARIO_TITLES } from './shared/words.ts';

const common = {
  version: 1,
  classes: 10,
  classesPerTask: 2,
  transform: { kind: 'none' },
  lastBatch: 'dropped',
  optimiser: { kind: 'adam', lr: 1e-3 },
} as const;

const network = (input: number, hidden: readonly number[]) => ({
  width: input,
  inputShape: [input],
  network: (outputs: number) => mlp({ input, hidden, outputs, init: 'torch-default' }),
});

interface Source {
  readonly id: string;
  readonly dataset: string;
  readonly title: string;
}

/**
 * Split MNIST as van de Ven, Tuytelaars & Tolias 2022 have it (repository GMvandeVen/continual-learning,
 * `params/param_values.py`): 28×28 pixels in [0, 1], MLP 784-400-400, 2,000 iterations a context, batches of 128 with
 * the last one of an epoch dropped, Adam 1e-3 whose state is kept.
 */
function published({ id, dataset, title }: Source, scenario: ContinualScenario): Suite {
  return splitSuite({
    ...common,
    id: `${id}/${scenario}`,
    title: `${title}, ${SCENARIO_TITLES[scenario]}`,
    scenario,
    dataset,
    summary:
      'Five tasks of two classes each, protocol of van de Ven et al. 2022: MLP 400-400, 2,000 steps a task, batch ' +
      '128, Adam 1e-3.',
    rowsPerClass: null,
    ...network(784, [400, 400]),
    epochs: 22,
    steps: 2000,
    batchSize: 128,
  });
}

/** The same with 256 training images a class, a narrow network and 80 steps a task. */
function quick({ id, dataset, title }: Source, scenario: ContinualScenario): Suite {
  return splitSuite({
    ...common,
    id: `${id}-quick/${scenario}`,
    title: `${title} quick, ${SCENARIO_TITLES[scenario]}`,
    scenario,
    dataset,
    quickOf: `${id}/${scenario}`,
    summary:
      'Five tasks of two classes each with 256 training images a class, MLP 100, 80 steps a task, batch 32: seconds ' +
      'on a laptop.',
    rowsPerClass: { train: 256, test: 100 },
    ...network(784, [100]),
    epochs: 5,
    steps: 80,
    batchSize: 32,
  });
}

/** Real 8×8 digits, which every machine has: 300 steps a task. */
function small(scenario: ContinualScenario): Suite {
  return splitSuite({
    ...common,
    id: `split-optdigits-vdv/${scenario}`,
    title: `Split optdigits in steps, ${SCENARIO_TITLES[scenario]}`,
    scenario,
    dataset: 'optdigits',
    summary: 'Five tasks of two classes of real 8×8 digits, MLP 200-200, 300 steps a task, batch 32, Adam 1e-3.',
    rowsPerClass: null,
    ...network(64, [200, 200]),
    epochs: 13,
    steps: 300,
    batchSize: 32,
  });
}

const SOURCES: readonly Source[] = [
  { id: 'split-mnist-vdv', dataset: 'mnist', title: 'Split-MNIST in steps' },
  { id: 'split-digits-generated-vdv', dataset: 'digits-generated', title: 'Split generated digits in steps' },
];

export const suites: readonly Suite[] = CONTINUAL_SCENARIOS.flatMap((scenario) => [
  ...SOURCES.flatMap((source) => [published(source, scenario), quick(source, scenario)]),
  small(scenario),
]);
export default suites;
