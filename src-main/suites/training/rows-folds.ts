import { DEFAULT_PIPELINE } from '../../datasets/tables/pipeline.ts';
import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { Suite } from '../contract.ts';
import { iidSuite } from './shared/iid-suite.ts';

const FOLDS = 10;
const TABLES = [
  { dataset: 'wdbc', name: 'Breast cancer (WDBC)', columns: 30, classes: 2, epochs: 40 },
  { dataset: 'car', name: 'Car evaluation', columns: 6, classes: 4, epochs: 80 },
] as const;

const common = {
  version: 1,
  family: 'training',
  scenario: 'iid, folds',
  table: true,
  folds: FOLDS,
  scaling: 'columns',
  validationShare: 0.2,
  limit: null,
  batchSize: 32,
  optimiser: { kind: 'adam', lr: 1e-3 },
  references: { lower: 'majority-class', upper: 'deep-ensemble' },
} as const;

const ofClasses: readonly Suite[] = TABLES.flatMap(({ dataset, name, columns, classes, epochs }) => {
  const network = (hidden: readonly number[]) =>
    mlp({ input: columns, hidden, outputs: classes, init: 'torch-default' });
  const table = `A UCI table of ${columns} columns and ${classes} classes in ${FOLDS} stratified folds, each tested once`;
  return [
    iidSuite({
      ...common,
      id: `rows-folds/${dataset}`,
      title: `${name}, ${FOLDS} folds`,
      summary: `${table}; MLP 64-64, ${epochs} epochs, batch 32, Adam 1e-3.`,
      dataset,
      network: network([64, 64]),
      epochs,
    }),
    iidSuite({
      ...common,
      id: `rows-folds-quick/${dataset}`,
      title: `${name}, ${FOLDS} folds, quick`,
      quickOf: `rows-folds/${dataset}`,
      summary: `${table}; MLP 32, ${epochs / 2} epochs, batch 32, Adam 1e-3: a fraction of a second a fold.`,
      dataset,
      network: network([32]),
      epochs: epochs / 2,
    }),
  ];
});

/** Miles per gallon of 398 cars, six of them without their horsepower. */
const autoMpg = (more: { readonly quickOf?: string; readonly hidden: readonly number[]; readonly epochs: number }) => {
  const isQuick = more.quickOf !== undefined;
  return iidSuite({
    ...common,
    id: `rows-folds${isQuick ? '-quick' : ''}/auto-mpg`,
    title: `Auto MPG, ${FOLDS} folds${isQuick ? ', quick' : ''}`,
    summary:
      `A UCI table of 7 columns with gaps and a number to be told (miles per gallon) in ${FOLDS} random folds, each ` +
      `tested once; MLP ${more.hidden.join('-')}, ${more.epochs} epochs, batch 32, Adam 1e-3.`,
    ...(more.quickOf === undefined ? {} : { quickOf: more.quickOf }),
    dataset: 'auto-mpg',
    numbers: ['class'],
    scaling: 'none',
    pipeline: DEFAULT_PIPELINE,
    network: mlp({ input: 9, hidden: more.hidden, outputs: 1, init: 'torch-default' }),
    epochs: more.epochs,
    references: { lower: 'target-mean', upper: 'deep-ensemble' },
  });
};

/** Small real tables (UCI) in ten folds: how much a result depends on which rows are tested is part of what is seen. */
export const suites: readonly Suite[] = [
  ...ofClasses,
  autoMpg({ hidden: [64, 64], epochs: 100 }),
  autoMpg({ quickOf: 'rows-folds/auto-mpg', hidden: [32], epochs: 50 }),
];
export default suites;
