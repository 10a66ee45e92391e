import { z } from 'zod';
import { LIGHTGBM } from '../../engine/native/lightgbm.ts';
import { defineMethod } from '../define.ts';
import { boostedTrees, categoricalColumns, fitsLightgbm, growTrees } from './shared/lightgbm.ts';

/**
 * DART (Rashmi & Gilad-Bachrach 2015, algorithm 1) by LightGBM: boosting in which each new tree is fitted to what a
 * random part of the trees before it answers, the others dropped, and is then scaled with the dropped ones.
 */
export default defineMethod(
  {
    id: 'dart',
    version: 1,
    title: 'DART',
    summary: 'Gradient-boosted trees, each fitted with some of the earlier trees dropped; by LightGBM.',
    paper: {
      title: 'DART: Dropouts meet Multiple Additive Regression Trees',
      authors: 'Rashmi, Gilad-Bachrach',
      year: 2015,
      reference: 'arXiv:1505.01866',
      equations: 'Algorithm 1',
      deviations: 'LightGBM’s defaults: half of the iterations drop nothing, at most 50 trees are dropped.',
    },
    targets: ['classes', 'numbers'],
    native: LIGHTGBM,
    fields: {
      iterations: z
        .number()
        .int()
        .min(1)
        .max(10_000)
        .default(100)
        .describe('Trees, for each class where more than two'),
      learningRate: z.number().positive().max(1).default(0.1).describe('Shrinkage of each tree'),
      leaves: z.number().int().min(2).max(10_000).default(31).describe('Leaves of a tree, at most'),
      leafRows: z.number().int().min(1).max(100_000).default(20).describe('Training rows in a leaf, at least'),
      dropRate: z.number().min(0).max(1).default(0.1).describe('Share of the trees that is dropped'),
      skip: z.number().min(0).max(1).default(0.5).describe('Share of the iterations that drop none'),
    },
    fits: fitsLightgbm,
  },
  {
    family: 'tables',
    protocol: 'rows',
    run: (context, { iterations, learningRate, leaves, leafRows, dropRate, skip }) =>
      growTrees(
        context,
        (task) =>
          boostedTrees(task, {
            boosting: 'dart',
            learning_rate: learningRate,
            num_leaves: leaves,
            min_data_in_leaf: leafRows,
            drop_rate: dropRate,
            skip_drop: skip,
            categorical_feature: categoricalColumns(task.columns),
            seed: context.seed,
          }),
        iterations,
      ),
  },
);
