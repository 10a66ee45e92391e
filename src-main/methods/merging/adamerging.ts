import { adaptationFields, adapted } from './shared/adapted-coefficients.ts';
import { defineMergingMethod } from './shared/define.ts';
import { learnable } from './shared/learnable.ts';
import { taskVectors } from './shared/task-vectors.ts';

/**
 * AdaMerging (Yang et al. 2024, equations 5 and 6): θ0 + Σ_t λ_t τ_t, or λ_t^l of each tensor, where Adam lowers the
 * entropy of the merged net's answers to unlabelled test inputs of all tasks.
 */
export default defineMergingMethod({
  id: 'adamerging',
  version: 1,
  title: 'AdaMerging',
  summary: 'Learns the scales of the task vectors by minimising the entropy of the answers to unlabelled test inputs.',
  paper: {
    title: 'AdaMerging: Adaptive Model Merging for Multi-Task Learning',
    authors: 'Yang et al.',
    year: 2024,
    reference: 'arXiv:2310.02575',
    equations: 'Equations 5 and 6, task-wise and layer-wise',
    deviations: "None known; a layer is one tensor, biases included, as in the authors' code.",
  },
  needsStart: true,
  asks: ['unlabelled-test'],
  fits: learnable,
  fields: adaptationFields,
  async *merge(input, values) {
    return yield* adapted(input, taskVectors(input.models, input.base), values);
  },
});
