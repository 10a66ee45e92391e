import { z } from 'zod';
import { defineMethod } from '../define.ts';
import { runTraining, TRAINING_DRIVER } from '../training/shared/driver.ts';
import { startRequests } from '../training/shared/start.ts';
import { distillationFields } from './distillation.ts';
import { memberRequests } from './shared/members.ts';
import { distillationLoss, teacherTargets } from './shared/teachers.ts';

/**
 * A deep ensemble distilled into one network (Hinton, Vinyals & Dean 2015, sections 2 and 4): the targets are the mean
 * of the members' distributions at a raised temperature.
 */
export default defineMethod(
  {
    id: 'ensemble-distillation',
    version: 1,
    title: 'Distillation of an ensemble',
    summary: 'One network that learns from the labels and from the mean softened answers of a deep ensemble.',
    paper: {
      title: 'Distilling the Knowledge in a Neural Network',
      authors: 'Hinton, Vinyals, Dean',
      year: 2015,
      reference: 'arXiv:1503.02531',
      equations: 'Eq. 1, section 2 with the factor T², section 4',
      deviations:
        'Both losses weigh half unless told. The members’ softened distributions are averaged, not their logits.',
    },
    asks: ['extra-passes'],
    fields: {
      ...distillationFields,
      members: z.number().int().min(1).max(50).default(5).describe('Networks that teach'),
    },
  },
  {
    family: 'ensembling',
    protocol: 'rows',
    driver: TRAINING_DRIVER,
    trials: (suite, { members }, seed) => [...memberRequests(suite.id, seed, members), ...startRequests(suite)],
    async *run(context, values) {
      const names = Array.from({ length: values.members }, (_, member) => `member/${member}`);
      const targets = await teacherTargets(context, names, values.temperature);
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
