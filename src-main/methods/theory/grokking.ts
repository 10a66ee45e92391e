import { z } from 'zod';
import { judged } from '../shared/judged.ts';
import { defineProbeMethod } from './shared/define.ts';

/**
 * Generalisation long after the training set is fitted: a net is trained by AdamW on half of a table of an operation,
 * and accuracy and loss on both halves are measured over steps.
 */
export default defineProbeMethod({
  id: 'grokking',
  version: 1,
  title: 'Grokking',
  summary: 'Trains by AdamW with weight decay and measures accuracy and loss on training and test rows over steps.',
  paper: {
    title: 'Grokking: Generalization Beyond Overfitting on Small Algorithmic Datasets',
    authors: 'Power, Burda, Edwards, Babuschkin, Misra',
    year: 2022,
    reference: 'arXiv:2201.02177',
    equations: 'Section 2 and figure 1',
    deviations:
      'A net with one hidden layer of ReLU units on one-hot pairs, batches as the suite says (in the ' +
      'full one all of the ' +
      ('training rows), and a constant rate of 1e-2; the paper trains a transformer with two layers in ' +
        'batches of 512, at ') +
      '1e-3 with 10 steps of warm-up.',
  },
  fields: {
    learningRate: z.number().positive().max(1).default(0.01).describe('Learning rate'),
    weightDecay: z.number().min(0).max(100).default(1).describe('Decoupled weight decay'),
    every: z.int().min(1).max(100_000).default(10).describe('Steps between two measurements'),
  },
  fits: ({ id, scenario }) => scenario === 'grokking' || `${id} is no table of an operation.`,
  hooks: ({ learningRate, weightDecay, every }, { train, test, trainRows, batchSize }, context) => ({
    optimiser: { kind: 'adamw', lr: learningRate, weightDecay },
    async endEpoch({ step, steps, predictor }) {
      // Only where a multiple of `every` lies in this epoch, and at the end.
      if (step % every >= Math.ceil(trainRows / batchSize) && step < steps) return [];
      const [onTrain, onTest] = [await judged(context, predictor, train()), await judged(context, predictor, test())];
      return [
        { curve: 'accuracy.train', y: onTrain.accuracy },
        { curve: 'accuracy.test', y: onTest.accuracy },
        { curve: 'loss.train', y: onTrain.loss },
        { curve: 'loss.test', y: onTest.loss },
      ];
    },
  }),
});
