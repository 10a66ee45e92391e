import { z } from 'zod';
import { hasXgboost, XGBOOST, xgboostModel } from '../../engine/native/xgboost.ts';
import { defineMethod } from '../define.ts';
import type { ValuesOf } from '../define.ts';
import { needsTable, numbersOf } from './shared/host.ts';
import type { HostTask } from './shared/host.ts';
import { classesOf, growTrees, objectiveOf, rowMajor } from './shared/lightgbm.ts';
import type { Trees } from './shared/lightgbm.ts';

const fields = {
  iterations: z.number().int().min(1).max(10_000).default(100).describe('Trees, for each class where more than two'),
  learningRate: z.number().positive().max(1).default(0.3).describe('Shrinkage of each tree'),
  depth: z.number().int().min(1).max(30).default(6).describe('Splits from the root to a leaf, at most'),
  rowShare: z.number().min(0.01).max(1).default(1).describe('Share of the rows that each tree sees'),
  columnShare: z.number().min(0.01).max(1).default(1).describe('Share of the columns that each tree sees'),
  lambda: z.number().min(0).max(1e6).default(1).describe('L2 penalty of leaf values'),
} as const;

/**
 * XGBoost itself (Chen & Guestrin 2016): gradient-boosted trees on the columns of a table, by the authors' own library.
 * One thread; the same seed gives the same trees.
 */
export default defineMethod(
  {
    id: 'xgboost',
    version: 1,
    title: 'XGBoost',
    summary: 'Gradient-boosted decision trees with penalised leaves, by XGBoost’s own library.',
    paper: {
      title: 'XGBoost: A Scalable Tree Boosting System',
      authors: 'Chen, Guestrin',
      year: 2016,
      reference: 'arXiv:1603.02754',
      equations: 'Eqs. 2 to 8, in XGBoost 3.2.0 with histograms',
      deviations:
        'Categories are numbers in the order of their levels. Settings are the library’s defaults; validation rows ' +
        'are not used to stop early.',
    },
    targets: ['classes', 'numbers'],
    native: XGBOOST,
    fields,
    fits: (suite) => {
      const fits = needsTable(suite, 'XGBoost');
      if (fits !== true) return fits;
      return hasXgboost() || `${XGBOOST.title} is not here; \`touchstone doctor --provision\` gets it (5.6 MB).`;
    },
  },
  {
    family: 'tables',
    protocol: 'rows',
    run: (context, { iterations, ...values }) =>
      growTrees(context, (task) => xgboostTrees(task, values, context.seed), iterations),
  },
);

/** Trees on the training rows of a table, none yet. */
export function xgboostTrees(
  { columns, train, classes }: HostTask,
  { learningRate, depth, rowShare, columnShare, lambda }: Omit<ValuesOf<typeof fields>, 'iterations'>,
  seed: number,
): Trees {
  const model = xgboostModel(
    {
      values: Float32Array.from(rowMajor(train.rows)),
      columns: columns.length,
      labels: Float32Array.from(train.rows.numbers ?? train.classes),
    },
    {
      ...objectiveOf(classes, { number: 'reg:squarederror', two: 'binary:logistic', more: 'multi:softprob' }),
      tree_method: 'hist',
      eta: learningRate,
      max_depth: depth,
      subsample: rowShare,
      colsample_bytree: columnShare,
      lambda,
      seed,
    },
  );
  return {
    update: () => model.update(),
    answer(rows) {
      const told = model.predict(Float32Array.from(rowMajor(rows)));
      return classes === null ? numbersOf(told) : classesOf(told, classes);
    },
  };
}
