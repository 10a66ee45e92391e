import { DEFAULT_PIPELINE } from '../../datasets/tables/pipeline.ts';
import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { Suite } from '../contract.ts';
import { iidSuite } from './shared/iid-suite.ts';

const FOLDS = 10;

const suite = (more: { readonly quickOf?: string; readonly hidden: readonly number[]; readonly epochs: number }) => {
  const isQuick = more.quickOf !== undefined;
  return iidSuite({
    id: `multi-task-tables${isQuick ? '-quick' : ''}`,
    version: 1,
    family: 'tables',
    title: `Tasks with outliers, ${FOLDS} folds${isQuick ? ', quick' : ''}`,
    summary:
      `Ten generated tasks of 60 rows and five numbers, two of which are unlike the others, in ${FOLDS} random folds; ` +
      `MLP ${more.hidden.join('-')}, ${more.epochs} epochs, batch 32, Adam 1e-3.`,
    ...(more.quickOf === undefined ? {} : { quickOf: more.quickOf }),
    scenario: 'iid, tasks, folds',
    dataset: 'tasks-with-outliers',
    table: true,
    numbers: ['y'],
    folds: FOLDS,
    scaling: 'none',
    pipeline: DEFAULT_PIPELINE,
    validationShare: 0.2,
    limit: null,
    // Five numbers, and the task as one of ten levels.
    network: mlp({ input: 15, hidden: more.hidden, outputs: 1, init: 'torch-default' }),
    epochs: more.epochs,
    batchSize: 32,
    optimiser: { kind: 'adam', lr: 1e-3 },
    references: { lower: 'target-mean', upper: 'deep-ensemble' },
  });
};

/** Several tasks in one table, told by a column; some are outliers, which a method that pools all tasks learns from. */
export const suites: readonly Suite[] = [
  suite({ hidden: [64, 64], epochs: 100 }),
  suite({ quickOf: 'multi-task-tables', hidden: [32], epochs: 50 }),
];
export default suites;
