import { defineTrainingMethod } from '../training/shared/driver.ts';
import { gatedFields, gatedFits, gatedHooks } from './shared/gated-layers.ts';

/**
 * Deep mixture of experts (Eigen, Ranzato & Sutskever 2013): z₁ = Σ g¹_i(x) f¹_i(x), z₂ = Σ g²_j(z₁) f²_j(z₁), and a
 * linear softmax layer on z₂: as many combinations as there are pairs of experts.
 */
export default defineTrainingMethod({
  id: 'deep-mixture-of-experts',
  version: 1,
  title: 'Deep mixture of experts',
  summary: 'Two layers of experts, each with a gating network of its own: an expert for each pair.',
  family: 'ensembling',
  paper: {
    title: 'Learning Factored Representations in a Deep Mixture of Experts',
    authors: 'Eigen, Ranzato, Sutskever',
    year: 2013,
    reference: 'arXiv:1312.4314',
    equations: 'Section 2, eqs. 1 to 4; section 3 for the balance of assignments',
    deviations:
      'Totals of assignments are those of batches, each by its mean; the margin is ours. The suite’s optimiser and ' +
      'budget; the first half of the steps is balanced.',
  },
  fields: gatedFields,
  fits: gatedFits,
  hooks: (values, context) => gatedHooks(context, 2, values),
});
