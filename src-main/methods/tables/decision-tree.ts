import { z } from 'zod';
import { LIGHTGBM } from '../../engine/native/lightgbm.ts';
import { defineMethod } from '../define.ts';
import { fitsLightgbm, fullTrees, growTrees, shareTrees } from './shared/lightgbm.ts';
import type { Parameters } from './shared/lightgbm.ts';

/** What makes one boosted tree of LightGBM, at rate 1 from the mean, a regression tree. */
export const treeParameters = (rows: number, leafRows: number): Parameters => ({
  ...fullTrees(rows),
  learning_rate: 1,
  min_data_in_leaf: leafRows,
});

/** One tree as CART grows it (Breiman et al. 1984, chapters 2 and 8), unpruned, by LightGBM. */
export default defineMethod(
  {
    id: 'decision-tree',
    version: 1,
    title: 'Decision tree',
    summary: 'One unpruned tree whose leaves hold shares of classes or mean numbers; by LightGBM.',
    paper: {
      title: 'Classification and Regression Trees',
      authors: 'Breiman, Friedman, Olshen, Stone',
      year: 1984,
      reference: 'ISBN 978-0-412-04841-8',
      equations: 'Sections 2.4 and 8.3',
      deviations:
        'Not pruned; leaves hold at least five rows unless told. Squared error on 0 and 1, a tree a class where more ' +
        'than two; at most 255 bins a column; a share of 0 counts as 1e-7.',
    },
    targets: ['classes', 'numbers'],
    native: LIGHTGBM,
    fields: { leafRows: z.number().int().min(1).max(10_000).default(5).describe('Training rows in a leaf, at least') },
    fits: fitsLightgbm,
  },
  {
    family: 'tables',
    protocol: 'rows',
    run: (context, { leafRows }) =>
      growTrees(
        context,
        (task) => shareTrees(task, { ...treeParameters(task.train.count, leafRows), seed: context.seed }),
        1,
      ),
  },
);
