import { z } from 'zod';
import { defineContinualMethod } from './shared/driver.ts';
import { herdedExemplars, withExemplars } from './shared/exemplars.ts';
import { distilledLoss, keepFormer, TAUGHT } from './shared/former.ts';
import { alignment } from './shared/weight-alignment.ts';

/**
 * Weight aligning (Zhao et al. 2020): new data and exemplars are learned with distillation from the network of before;
 * then the weight vectors of the new classes are scaled so that they are as long as those of the old ones in the mean.
 */
export default defineContinualMethod({
  id: 'wa',
  version: 1,
  title: 'Weight aligning (WA)',
  summary:
    'Learns with exemplars and distillation, then scales the weights of new classes to the length of the others.',
  paper: {
    title: 'Maintaining Discrimination and Fairness in Class Incremental Learning',
    authors: 'Zhao, Xiao, Gan, Zhang, Xia',
    year: 2020,
    reference: 'arXiv:1911.07053',
    equations: 'eqs. 2 to 7',
    deviations:
      'Weights of the head are not clipped at 0 after each step. At the second task, where two classes meet two, the ' +
      'weights of the new ones may be lengthened.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(2000).describe('Images stored over all classes'),
    temperature: z.number().min(0.1).max(100).default(2).describe('Temperature T of both softmaxes'),
    align: z.boolean().default(true).describe('Align the weights; without it the network answers as it was trained'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  fits: ({ scenario }) =>
    scenario === 'class-il' || 'It balances old and new classes that one head tells apart; it is for class-IL.',
  create: (run, { memory, temperature, align }) => {
    const exemplars = herdedExemplars(run, memory);
    const [{ name: head }] = run.context.network.spec.heads;
    return {
      beginTask: (task) => keepFormer(run, task),
      phases: (task) => [
        {
          name: '',
          ids: () => withExemplars(run, exemplars, task),
          loss: (losses) => distilledLoss(run, task, losses, temperature),
          ...(task === 0 ? {} : { passes: TAUGHT }),
        },
      ],
      endTask: async (task) => {
        if (task > 0 && align)
          await alignment(run.context.engine, run.parameters[`${head}/kernel`], run.protocol, task);
        await exemplars.admit(task);
      },
    };
  },
});
