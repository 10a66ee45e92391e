import { z } from 'zod';
import { LIGHTGBM } from '../../engine/native/lightgbm.ts';
import { defineMethod } from '../define.ts';
import type { ValuesOf } from '../define.ts';
import type { TableData } from '../training/contract.ts';
import { boostedTrees, categoricalColumns, fitsLightgbm, growTrees } from './shared/lightgbm.ts';
import type { Trees } from './shared/lightgbm.ts';

const fields = {
  iterations: z.number().int().min(1).max(10_000).default(100).describe('Trees, for each class where more than two'),
  learningRate: z.number().positive().max(1).default(0.1).describe('Shrinkage of each tree'),
  leaves: z.number().int().min(2).max(10_000).default(31).describe('Leaves of a tree, at most'),
  leafRows: z.number().int().min(1).max(100_000).default(20).describe('Training rows in a leaf, at least'),
  rowShare: z.number().min(0.01).max(1).default(1).describe('Share of the rows that each tree sees'),
  columnShare: z.number().min(0.01).max(1).default(1).describe('Share of the columns that each tree sees'),
  lambda: z.number().min(0).max(1e6).default(0).describe('L2 penalty of leaf values'),
  categories: z
    .enum(['native', 'codes'])
    .default('native')
    .describe('Categories as sets of levels, or as numbers in the order of their levels'),
} as const;

type Settings = Omit<ValuesOf<typeof fields>, 'iterations'>;

/**
 * LightGBM itself (Ke et al. 2017): gradient-boosted trees on the columns of a table as they are, numbers with gaps and
 * categories, by the authors' own library. One thread; the same seed gives the same trees.
 */
export default defineMethod(
  {
    id: 'lightgbm',
    version: 1,
    title: 'LightGBM',
    summary: 'Gradient-boosted decision trees on the columns as they are, by LightGBM’s own library.',
    paper: {
      title: 'LightGBM: A Highly Efficient Gradient Boosting Decision Tree',
      authors: 'Ke, Meng, Finley, Wang, Chen, Ma, Ye, Liu',
      year: 2017,
      reference: 'NeurIPS 30:3146-3154',
      equations: 'Algorithms 1 to 4, in LightGBM 4.7.0',
      deviations: 'Settings are the library’s defaults; validation rows are not used to stop early.',
    },
    targets: ['classes', 'numbers'],
    native: LIGHTGBM,
    fields,
    fits: fitsLightgbm,
  },
  {
    family: 'tables',
    protocol: 'rows',
    run: (context, { iterations, ...values }) =>
      growTrees(context, (task) => boosted(task, task.classes, values, context.seed), iterations),
  },
);

/** Trees on the training rows of a table, none yet; `classes` is null where a number is to be told. */
export const boosted = (
  { columns, train }: Pick<TableData, 'columns' | 'train'>,
  classes: number | null,
  { categories, ...values }: Settings,
  seed: number,
): Trees =>
  boostedTrees(
    { columns, train, classes },
    {
      ...parametersOf(values),
      seed,
      categorical_feature: categories === 'native' ? categoricalColumns(columns) : '',
    },
  );

function parametersOf(given: Omit<Settings, 'categories'>): Readonly<Record<string, number>> {
  return {
    learning_rate: given.learningRate,
    num_leaves: given.leaves,
    min_data_in_leaf: given.leafRows,
    bagging_fraction: given.rowShare,
    bagging_freq: given.rowShare < 1 ? 1 : 0,
    feature_fraction: given.columnShare,
    lambda_l2: given.lambda,
  };
}
