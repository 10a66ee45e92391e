import { z } from 'zod';
import { LIGHTGBM } from '../../engine/native/lightgbm.ts';
import { defineMethod } from '../define.ts';
import { columnsOfNode, fitsLightgbm, fullTrees, growTrees, shareTrees } from './shared/lightgbm.ts';
import type { Parameters } from './shared/lightgbm.ts';

/** What makes LightGBM's `rf` mode a forest of shares over so many rows and columns. */
export const forestParameters = (
  { rows, columns }: { readonly rows: number; readonly columns: number },
  { leafRows, rowShare }: { readonly leafRows: number; readonly rowShare: number },
): Parameters => ({
  ...fullTrees(rows),
  boosting: 'rf',
  min_data_in_leaf: leafRows,
  bagging_fraction: rowShare,
  bagging_freq: 1,
  feature_fraction_bynode: columnsOfNode(columns),
});

/**
 * Random forest (Breiman 2001) by LightGBM's `rf` mode: full trees, each on its own sample of the rows, the best of a
 * few drawn columns at every node, shares of classes averaged.
 */
export default defineMethod(
  {
    id: 'random-forest',
    version: 1,
    title: 'Random forest',
    summary: 'Full trees on samples of the rows, each split the best of a few drawn columns, averaged; by LightGBM.',
    paper: {
      title: 'Random Forests',
      authors: 'Breiman',
      year: 2001,
      reference: 'Machine Learning 45:5-32',
      equations: 'Definition 1.1, section 4 (Forest-RI)',
      deviations:
        'Squared error on 0 and 1 (a class objective would average log-odds), one forest a class where more than ' +
        'two; .632 of the rows without replacement in place of a bootstrap; 1.5·√p columns a node, for LightGBM ' +
        'stops where none of the drawn ones splits; at most 255 bins a column; categories by the order of their ' +
        'levels; a share of 0 counts as 1e-7.',
    },
    targets: ['classes', 'numbers'],
    native: LIGHTGBM,
    fields: {
      trees: z.number().int().min(1).max(5000).default(500).describe('Trees, for each class where more than two'),
      leafRows: z.number().int().min(1).max(10_000).default(1).describe('Training rows in a leaf, at least'),
      rowShare: z.number().min(0.05).max(0.999).default(0.632).describe('Share of the rows that each tree sees'),
    },
    fits: fitsLightgbm,
  },
  {
    family: 'tables',
    protocol: 'rows',
    run: (context, { trees, ...values }) =>
      growTrees(
        context,
        (task) => {
          const size = { rows: task.train.count, columns: task.columns.length };
          return shareTrees(task, { ...forestParameters(size, values), seed: context.seed });
        },
        trees,
      ),
  },
);
