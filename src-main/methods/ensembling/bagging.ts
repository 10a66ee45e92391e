import { z } from 'zod';
import { memberSeed } from '../shared/member-seeds.ts';
import { meanAnswers } from './shared/combine.ts';
import { defineEnsemblingMethod } from './shared/define.ts';

/**
 * Bagging (Breiman 1996): networks trained on bootstrap samples of the training rows; the mean of their distributions
 * (of their numbers) answers.
 */
export default defineEnsemblingMethod({
  id: 'bagging',
  version: 1,
  title: 'Bagging',
  summary: 'The mean of networks, each trained on training rows drawn with replacement.',
  paper: {
    title: 'Bagging Predictors',
    authors: 'Breiman',
    year: 1996,
    reference: '10.1007/BF00058655',
    equations: 'Section 1; distributions are averaged as in section 6.1',
    deviations: 'Networks in place of trees. Each has its own seed too, as the members of a deep ensemble have.',
  },
  targets: ['classes', 'numbers'],
  fields: { members: z.number().int().min(1).max(50).default(5).describe('Networks in the ensemble') },
  members: ({ members }) => members,
  request: (_values, { suite, seed, member }) => ({
    suite,
    method: 'train-bootstrap',
    hyperParameters: {},
    seed: memberSeed(seed, member),
  }),
  fit: async () => ({ combine: meanAnswers }),
});
