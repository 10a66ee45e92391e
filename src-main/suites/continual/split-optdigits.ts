import { mlp } from '../../engine/networks/architectures/mlp.ts';
import { CONTINUAL_SCENARIOS } from '../../methods/continual/contract.ts';
import type { Suite } from '../contract.ts';
import { splitSuite } from './shared/split-suite.ts';
import { SCENARIO_TITLES } from './shared/words.ts';

/** Real 8×8 digits (UCI optdigits): five tasks of two classes, small enough that a study takes seconds. */
export const suites: readonly Suite[] = CONTINUAL_SCENARIOS.flatMap((scenario) => [
  splitSuite({
    id: `split-optdigits/${scenario}`,
    version: 1,
    title: `Split optdigits, ${SCENARIO_TITLES[scenario]}`,
    scenario,
    dataset: 'optdigits',
    summary: 'Five tasks of two classes of real 8×8 digits, MLP 200-200, 10 epochs a task, batch 32, Adam 1e-3.',
    classes: 10,
    classesPerTask: 2,
    rowsPerClass: null,
    transform: { kind: 'none' },
    width: 64,
    inputShape: [64],
    network: (outputs) => mlp({ input: 64, hidden: [200, 200], outputs, init: 'torch-default' }),
    epochs: 10,
    batchSize: 32,
    optimiser: { kind: 'adam', lr: 1e-3 },
  }),
  splitSuite({
    id: `split-optdigits-quick/${scenario}`,
    version: 1,
    title: `Split optdigits quick, ${SCENARIO_TITLES[scenario]}`,
    scenario,
    dataset: 'optdigits',
    quickOf: `split-optdigits/${scenario}`,
    summary: 'Five tasks of two classes of real 8×8 digits, MLP 100, 5 epochs a task: a second or two a trial.',
    classes: 10,
    classesPerTask: 2,
    rowsPerClass: { train: 320, test: 170 },
    transform: { kind: 'none' },
    width: 64,
    inputShape: [64],
    network: (outputs) => mlp({ input: 64, hidden: [100], outputs, init: 'torch-default' }),
    epochs: 5,
    batchSize: 32,
    optimiser: { kind: 'adam', lr: 1e-3 },
  }),
]);
export default suites;
