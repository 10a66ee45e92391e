import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { Suite } from '../contract.ts';
import { iidSuite } from './shared/iid-suite.ts';

const FOLDS = 10;
const TABLES = [
  { dataset: 'wdbc', name: 'Breast cancer (WDBC)', columns: 30, classes: 2, epochs: 20 },
  { dataset: 'car', name: 'Car evaluation', columns: 6, classes: 4, epochs: 40 },
] as const;

/** Small real tables (UCI) in ten folds: how much a result depends on which rows are tested is part of what is seen. */
export const suites: readonly Suite[] = TABLES.map(({ dataset, name, columns, classes, epochs }) =>
  iidSuite({
    id: `rows-folds/${dataset}`,
    version: 1,
    title: `${name}, ${FOLDS} folds`,
    summary:
      `A UCI table of ${columns} columns and ${classes} classes in ${FOLDS} stratified folds, each tested once; MLP ` +
      `32, ${epochs} epochs, batch 32, Adam 1e-3: less than a second a fold.`,
    family: 'training',
    scenario: 'iid, folds',
    dataset,
    folds: FOLDS,
    scaling: 'columns',
    validationShare: 0.2,
    limit: null,
    network: mlp({ input: columns, hidden: [32], outputs: classes, init: 'torch-default' }),
    epochs,
    batchSize: 32,
    optimiser: { kind: 'adam', lr: 1e-3 },
    references: { lower: 'majority-class', upper: 'deep-ensemble' },
  }),
);
export default suites;
