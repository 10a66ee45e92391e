import { z } from 'zod';
import { LIGHTGBM } from '../../engine/native/lightgbm.ts';
import { defineMethod } from '../define.ts';
import { forestParameters } from './random-forest.ts';
import { fitsLightgbm, growTrees, shareTrees } from './shared/lightgbm.ts';

/**
 * Extremely randomised trees (Geurts, Ernst & Wehenkel 2006, table 1) by LightGBM: a forest whose splits are the best
 * of one drawn threshold a column.
 */
export default defineMethod(
  {
    id: 'extra-trees',
    version: 1,
    title: 'Extra trees',
    summary: 'A forest whose thresholds are drawn, one a column, the best of them taken; by LightGBM.',
    paper: {
      title: 'Extremely randomized trees',
      authors: 'Geurts, Ernst, Wehenkel',
      year: 2006,
      reference: 'Machine Learning 63:3-42',
      equations: 'Table 1',
      deviations:
        'As the random forest here (squared error on 0 and 1, 1.5·√p columns a node, 255 bins); each tree sees .999 ' +
        'of the rows, for LightGBM grows no forest on all of them.',
    },
    targets: ['classes', 'numbers'],
    native: LIGHTGBM,
    fields: {
      trees: z.number().int().min(1).max(5000).default(500).describe('Trees, for each class where more than two'),
      leafRows: z.number().int().min(1).max(10_000).default(1).describe('Training rows in a leaf, at least'),
    },
    fits: fitsLightgbm,
  },
  {
    family: 'tables',
    protocol: 'rows',
    run: (context, { trees, leafRows }) =>
      growTrees(
        context,
        (task) => {
          const size = { rows: task.train.count, columns: task.columns.length };
          const forest = forestParameters(size, { leafRows, rowShare: 0.999 });
          return shareTrees(task, { ...forest, extra_trees: true, seed: context.seed });
        },
        trees,
      ),
  },
);
