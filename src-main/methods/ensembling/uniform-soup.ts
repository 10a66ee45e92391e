import { z } from 'zod';
import { averageParameters } from '../merging/shared/average.ts';
import { defineEnsemblingMethod } from './shared/define.ts';
import { memberSeed } from '../shared/member-seeds.ts';
import { MODEL_SOUPS } from '../shared/papers.ts';

/** Learning rates of the members in turn, as shares of the suite's. */
const RATES = [1, 0.3, 0.6] as const;

/**
 * Uniform soup (Wortsman et al. 2022, section 2): networks fine-tuned from one start with different settings become one
 * by the mean of their weights, θ = k⁻¹ Σ θ_i.
 */
export default defineEnsemblingMethod({
  id: 'uniform-soup',
  version: 1,
  title: 'Uniform soup',
  summary: 'The mean of the weights of networks that were fine-tuned from one start with different settings.',
  paper: {
    ...MODEL_SOUPS,
    equations: 'Section 2, uniform soup',
    deviations:
      'The start is the suite’s network trained once; members differ in the order of their batches and in their ' +
      'learning rate (all, .3 and .6 of the suite’s in turn). Running statistics of batch norm are averaged too.',
  },
  targets: ['classes', 'numbers'],
  fields: { members: z.number().int().min(1).max(50).default(5).describe('Networks that are averaged') },
  members: ({ members }) => members,
  request: (_values, { suite, seed, member }) => ({
    suite,
    method: 'fine-tuned-network',
    hyperParameters: { share: RATES[member % RATES.length] },
    seed: memberSeed(seed, member),
  }),
  fit: async ({ members }) => ({ merged: averageParameters(members) }),
});
