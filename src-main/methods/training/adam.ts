import { z } from 'zod';
import { defineTrainingMethod } from './shared/driver.ts';

/** Adam (Kingma & Ba 2015, algorithm 1) at a constant learning rate; AdamW where weight decay is above 0. */
export default defineTrainingMethod({
  id: 'adam',
  version: 1,
  title: 'Adam',
  summary: 'Adaptive moments with bias correction, at a constant learning rate.',
  reference: 'upper',
  paper: {
    title: 'Adam: A Method for Stochastic Optimization',
    authors: 'Kingma, Ba',
    year: 2015,
    reference: 'arXiv:1412.6980',
    equations: 'Algorithm 1',
    deviations: 'Weight decay above 0 is decoupled (AdamW, Loshchilov & Hutter 2019).',
  },
  targets: ['classes', 'numbers'],
  fields: {
    learningRate: z.number().positive().max(1).default(1e-3).describe('Learning rate'),
    weightDecay: z.number().min(0).max(1).default(0).describe('Decoupled weight decay'),
  },
  hooks: ({ learningRate, weightDecay }) => ({
    optimiser:
      weightDecay === 0 ? { kind: 'adam', lr: learningRate } : { kind: 'adamw', lr: learningRate, weightDecay },
  }),
});
