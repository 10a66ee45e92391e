import { z } from 'zod';
import { defineMethod } from '../define.ts';
import { libraryFields, libraryFits, libraryRequests, openLibrary } from './shared/library.ts';
import { applied } from './shared/linear-models.ts';
import type { Features } from './shared/linear-models.ts';
import { classification, SECOND_LEVEL } from './shared/second-level.ts';
import type { SecondLevel } from './shared/second-level.ts';

/** ln of the smallest probability that a model's answer counts as: one that is sure and wrong has no endless weight. */
const LEAST = Math.log(1e-7);

/**
 * What the second level sees of a row: the answers of all models side by side, [rows × models·classes].
 *
 * @param logs log-probabilities of each model [rows × classes]
 */
export function stackedFeatures(logs: readonly ArrayLike<number>[], classes: number, learner: SecondLevel): Features {
  const rows = (logs[0]?.length ?? 0) / classes;
  const width = logs.length * classes;
  const values = new Float64Array(rows * width);
  for (const [model, answers] of logs.entries())
    for (let at = 0; at < answers.length; at += 1) {
      const log = Math.max(LEAST, answers[at]);
      const place = Math.floor(at / classes) * width + model * classes + (at % classes);
      values[place] = learner === 'logistic' ? log : Math.exp(log);
    }
  return { rows, width, values };
}

/** Stacked generalisation (Wolpert 1992) of a library of ordinary methods. */
export default defineMethod(
  {
    id: 'stacking',
    version: 1,
    title: 'Stacking',
    summary: 'A linear model that learns, from answers out of fold, how to combine the answers of several models.',
    paper: {
      title: 'Stacked Generalization',
      authors: 'Wolpert',
      year: 1992,
      reference: '10.1016/S0893-6080(05)80023-1',
      equations:
        'Section 3: level 1 learns from the level-0 answers to rows that were left out; with class probabilities as ' +
        'Ting & Witten (1999, section 3) have them',
      deviations:
        'Level 1 is multinomial logistic regression on log-probabilities, or a linear regression on probabilities ' +
        '(Ting & Witten’s is non-negative, without intercept; ridge, lasso and elastic net have one and a penalty), ' +
        'which only ranks the classes; k folds, not leave-one-out.',
    },
    fields: {
      learner: z.enum(SECOND_LEVEL).default('logistic').describe('The linear model of level 1'),
      strength: z
        .number()
        .min(1e-6)
        .max(1e4)
        .default(1)
        .describe(
          'Weight of the training rows against the penalty of level 1: ½‖W‖² (logistic), ‖W‖² against squared error ' +
            '(ridge), Σ|W| against its half (lasso), half of each (elastic net); no meaning for nnls',
        ),
      ...libraryFields,
    },
    fits: libraryFits,
  },
  {
    family: 'ensembling',
    protocol: 'rows',
    trials: libraryRequests,
    async *run(context, values) {
      const { learner, strength } = values;
      const { classes, labels, outOfFold, predictor } = await openLibrary(context, values);
      yield { kind: 'progress', cursor: null, done: 0, total: 1 };
      const features = stackedFeatures(outOfFold, classes, learner);
      const model = classification(learner, features, labels, classes, strength);
      yield { kind: 'progress', cursor: null, done: 1, total: 1 };
      return {
        predictor: predictor((logs) => {
          const values = Float32Array.from(applied(model, stackedFeatures(logs, classes, learner)));
          return { kind: learner === 'logistic' ? 'logits' : 'scores', width: classes, values };
        }),
      };
    },
  },
);
