import { z } from 'zod';
import { defineMethod } from '../define.ts';
import { runTraining, TRAINING_DRIVER } from '../training/shared/driver.ts';
import { startRequests } from '../training/shared/start.ts';
import { distillationLoss, teacherTargets } from './shared/teachers.ts';

export const distillationFields = {
  temperature: z.number().min(1).max(100).default(4).describe('T: temperature of both distributions'),
  weight: z.number().min(0).max(1).default(0.5).describe('Weight of the teacher’s distributions against the labels'),
} as const;

/**
 * Distillation (Hinton, Vinyals & Dean 2015, section 2): the suite's network learns the labels and, at a raised
 * temperature, the distributions of a wider network that was trained before.
 */
export default defineMethod(
  {
    id: 'distillation',
    version: 1,
    title: 'Distillation',
    summary: 'The suite’s network learns from the labels and from the softened answers of a wider network.',
    paper: {
      title: 'Distilling the Knowledge in a Neural Network',
      authors: 'Hinton, Vinyals, Dean',
      year: 2015,
      reference: 'arXiv:1503.02531',
      equations: 'Eq. 1 and section 2, with the factor T²',
      deviations:
        'Both losses weigh half unless told. The teacher is the suite’s network with wider hidden layers, without ' +
        'the dropout and the shifted images of the paper’s; T = 4, not the 20 of its largest student.',
    },
    asks: ['extra-passes'],
    fields: {
      ...distillationFields,
      factor: z.number().int().min(1).max(32).default(8).describe('How many times as wide the teacher is'),
    },
  },
  {
    family: 'ensembling',
    protocol: 'rows',
    driver: TRAINING_DRIVER,
    trials: (suite, { factor }, seed) => [
      { name: 'teacher', suite: suite.id, method: 'train-wide', hyperParameters: { factor }, seed },
      ...startRequests(suite),
    ],
    async *run(context, values) {
      const targets = await teacherTargets(context, ['teacher'], values.temperature);
      return yield* runTraining(
        context,
        {
          loss: ({ scope, x, y, rows, logits }) => distillationLoss(logits(x), y, scope.gather(targets, rows), values),
        },
        true,
      );
    },
  },
);
