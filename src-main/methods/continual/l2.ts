import { z } from 'zod';
import { tf } from '../../engine/tf.ts';
import { anchoredPenalty, perParameterStep, tasksFollow } from './shared/anchored-penalty.ts';
import { defineContinualMethod } from './shared/driver.ts';

/**
 * The L2 baseline of Hsu et al. 2018 (section 4): λ Σ (θ − θ*)² with θ* the parameters after the previous task: a
 * penalty that protects every parameter alike.
 */
export default defineContinualMethod({
  id: 'l2',
  version: 1,
  title: 'L2 to the previous parameters',
  summary: 'Pulls every parameter alike towards its value after the previous task.',
  paper: {
    title: 'Re-evaluating Continual Learning Scenarios: A Categorization and Case for Strong Baselines',
    authors: 'Hsu, Liu, Ramasamy, Kira',
    year: 2018,
    reference: 'arXiv:1810.12488',
    equations: 'the L2 baseline of section 4',
  },
  fields: { lambda: z.number().min(0).max(1e6).default(0.5).describe('Strength λ of the penalty λ Σ (θ − θ*)²') },
  asks: ['boundaries'],
  create: (run, { lambda }) => {
    const penalty = anchoredPenalty(run, lambda);
    const anchorHere = perParameterStep(run, 'l2/anchor', (scope, name, value) => {
      scope.assign(penalty.anchor[name], value);
      scope.assign(penalty.importance[name], tf.onesLike(value));
    });
    return {
      addedGradients: penalty.gradients,
      endTask: async (task) => {
        if (tasksFollow(run, task)) await anchorHere();
      },
    };
  },
});
