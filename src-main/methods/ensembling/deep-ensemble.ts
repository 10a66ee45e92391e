import { z } from 'zod';
import { defineEnsemblingMethod } from './shared/define.ts';
import { meanAnswers } from './shared/combine.ts';

/**
 * Deep ensemble (Lakshminarayanan et al. 2017, section 2.4): p(y|x) = M⁻¹ Σ p_m(y|x) over networks trained from
 * different seeds.
 */
export default defineEnsemblingMethod({
  id: 'deep-ensemble',
  version: 1,
  title: 'Deep ensemble',
  summary: 'The mean of the distributions of networks trained from different seeds.',
  reference: 'upper',
  paper: {
    title: 'Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles',
    authors: 'Lakshminarayanan, Pritzel, Blundell',
    year: 2017,
    reference: 'arXiv:1612.01474',
    equations: 'Section 2.4: p(y|x) = M⁻¹ Σ p_m(y|x)',
    deviations: 'Without adversarial training (the paper’s algorithm 1, line 4, is optional).',
  },
  targets: ['classes', 'numbers'],
  fields: { members: z.number().int().min(1).max(50).default(5).describe('Networks in the ensemble') },
  members: ({ members }) => members,
  fit: async () => ({ combine: meanAnswers }),
});
