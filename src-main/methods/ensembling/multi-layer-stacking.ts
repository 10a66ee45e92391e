import { z } from 'zod';
import { defineMethod } from '../define.ts';
import { design } from '../tables/shared/design.ts';
import { fitOnHost, needsTable, sharesOf } from '../tables/shared/host.ts';
import { LEARNERS } from './shared/host-learners.ts';
import { stackedLayers } from './shared/stacked-layers.ts';

const TITLE = 'Multi-layer stacking';

/**
 * Multi-layer stacking with bagging: in each layer every learner is fitted once for each fold of the training rows, on
 * the others; the next layer sees the columns and what the layer before said of each row by the model that did not have
 * the row. Rows that are asked about are answered by the mean over folds. Greedy selection weighs the last layer.
 */
export default defineMethod(
  {
    id: 'multi-layer-stacking',
    version: 1,
    title: TITLE,
    summary: 'Layers of bagged learners on a table; each sees the columns and what the layer before said out of fold.',
    paper: {
      title: 'A Robust Stacking Framework for Training Deep Graph Models with Multifaceted Node Features',
      authors: 'Chen, Mueller, Ioannidis, Goldstein, Wipf',
      year: 2022,
      reference: 'arXiv:2206.08473',
      equations: 'k-fold bagging of all base models, stacked over layers by their answers out of fold',
      deviations:
        'Tables have no graph, so that answers are not smoothed over neighbours between layers; what is left is the ' +
        'multi-layer stacking of AutoGluon (Erickson et al. 2020, arXiv:2003.06505, algorithm 1): the columns go on ' +
        'beside the answers, and greedy selection weighs the last layer. Four small learners stand in the place of ' +
        'its gradient boosting and networks.',
    },
    fields: {
      layers: z.number().int().min(1).max(4).default(2).describe('Layers of learners'),
      folds: z.number().int().min(2).max(20).default(5).describe('Folds, and models of each learner'),
      repeats: z.number().int().min(1).max(10).default(1).describe('How often the rows are divided anew'),
      size: z.number().int().min(1).max(200).default(25).describe('Models that greedy selection chooses'),
      answers: z
        .enum(['out-of-fold', 'in-fold'])
        .default('out-of-fold')
        .describe('Who answers training rows for the next layer: models without the row, or all models (a leak)'),
    },
    fits: (suite) => needsTable(suite, TITLE),
  },
  {
    family: 'ensembling',
    protocol: 'rows',
    async *run(context, values) {
      let weights: readonly number[] = [];
      const outcome = yield* fitOnHost(context, ({ columns, train, classes }) => {
        if (classes === null) throw new Error(`${TITLE} tells classes; this suite asks for a number.`);
        const encoder = design(columns, train.rows);
        const rows = { x: encoder.encode(train.rows), labels: train.classes, classes };
        const stack = stackedLayers(rows, LEARNERS, values, `${TITLE}/${context.seed}`);
        ({ weights } = stack);
        return (asked) => sharesOf(stack.shares(encoder.encode(asked)), classes);
      });
      const notes = [LEARNERS.map(({ name }, i) => `${name}: ${weights[i].toFixed(3)}`).join(', ')];
      return { ...outcome, notes };
    },
  },
);
