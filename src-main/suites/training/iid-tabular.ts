import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { Suite } from '../contract.ts';
import { iidSuite } from './shared/iid-suite.ts';

const TABLES = [
  {
    dataset: 'wdbc',
    name: 'Breast cancer (WDBC)',
    columns: 30,
    classes: 2,
    hidden: [64, 64],
    epochs: 40,
    batchSize: 32,
  },
  { dataset: 'car', name: 'Car evaluation', columns: 6, classes: 4, hidden: [64, 64], epochs: 100, batchSize: 32 },
] as const;

/** Small real tables (UCI), columns standardised with training statistics. */
export const suites: readonly Suite[] = TABLES.flatMap(
  ({ dataset, name, columns, classes, hidden, epochs, batchSize }) => {
    const common = {
      version: 1,
      family: 'training',
      scenario: 'iid',
      dataset,
      table: true,
      scaling: 'columns',
      validationShare: 0.2,
      limit: null,
      batchSize,
      network: mlp({ input: columns, hidden, outputs: classes, init: 'torch-default' }),
      optimiser: { kind: 'adam', lr: 1e-3 },
      references: { lower: 'majority-class', upper: 'adam' },
    } as const;
    return [
      iidSuite({
        ...common,
        id: `iid-tabular/${dataset}`,
        title: `${name}, table`,
        summary:
          `A UCI table of ${columns} columns and ${classes} classes; MLP 64-64, ${epochs} epochs, batch ` +
          `${batchSize}.`,
        epochs,
      }),
      iidSuite({
        ...common,
        id: `iid-tabular-quick/${dataset}`,
        title: `${name}, table, quick`,
        quickOf: `iid-tabular/${dataset}`,
        summary: 'The same table in fewer epochs: about a second a trial.',
        epochs: Math.ceil(epochs / 5),
      }),
    ];
  },
);
export default suites;
