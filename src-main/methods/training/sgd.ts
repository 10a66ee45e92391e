import { z } from 'zod';
import { schedule } from '../../engine/optimisers/schedules.ts';
import type { ValuesOf } from '../define.ts';
import { defineTrainingMethod } from './shared/driver.ts';

/** Hyper-parameters of the methods that train by SGD. */
export const sgdFields = {
  learningRate: z.number().positive().max(10).default(0.05).describe('Learning rate at the start'),
  momentum: z.number().min(0).max(0.999).default(0.9).describe('Momentum'),
  nesterov: z.boolean().default(true).describe('Nesterov momentum'),
  weightDecay: z.number().min(0).max(1).default(5e-4).describe('Weight decay, added to the gradient'),
  schedule: z
    .enum(['cosine', 'constant'])
    .default('cosine')
    .describe('Learning rate over time: half a cosine to 0, or constant'),
  warmUp: z.number().int().min(0).max(100_000).default(0).describe('Steps of linear warm-up'),
} as const;

type SgdValues = ValuesOf<typeof sgdFields>;

/** Optimiser and schedule that the fields describe; shared by the methods that train by SGD. */
export function sgdHooks(values: SgdValues) {
  const { learningRate, momentum, nesterov, weightDecay, warmUp } = values;
  return {
    optimiser: { kind: 'sgd', lr: learningRate, momentum, nesterov: nesterov && momentum > 0, weightDecay },
    schedule: (lr: number, steps: number) =>
      schedule(values.schedule === 'cosine' ? { kind: 'cosine', steps } : { kind: 'constant' }, lr, warmUp),
  } as const;
}

/**
 * SGD with momentum (Sutskever et al. 2013, eqs. 1 to 4) in PyTorch's form, with weight decay and a cosine schedule.
 */
export default defineTrainingMethod({
  id: 'sgd',
  version: 1,
  title: 'SGD',
  summary: 'Stochastic gradient descent with momentum, weight decay and a cosine schedule.',
  paper: {
    title: 'On the importance of initialization and momentum in deep learning',
    authors: 'Sutskever, Martens, Dahl, Hinton',
    year: 2013,
    reference: 'PMLR 28(3):1139-1147',
    equations: 'Eqs. 1-4',
    deviations:
      "The learning rate multiplies the velocity (PyTorch's form); the schedule is one cosine cycle of " +
      'Loshchilov & Hutter (2017).',
  },
  targets: ['classes', 'numbers'],
  fields: sgdFields,
  hooks: sgdHooks,
});
