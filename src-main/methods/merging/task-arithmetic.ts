import { z } from 'zod';
import { defineTensorMerge } from './shared/tensor-merge.ts';
import { addedVectors, tensorTaskVectors } from './shared/task-vectors.ts';

/**
 * θ0 + λ Σ_t w_t (θ_t − θ0): addition for λ > 0, negation (forgetting what the models learned) for λ < 0. λ = 1/T with
 * T models is their plain average.
 */
export default defineTensorMerge({
  id: 'task-arithmetic',
  version: 1,
  title: 'Task arithmetic',
  summary: 'Adds what each model learned since their common start, scaled by one λ; a negative λ takes it away.',
  paper: {
    title: 'Editing Models with Task Arithmetic',
    authors: 'Ilharco et al.',
    year: 2023,
    reference: 'arXiv:2212.04089',
    equations: 'Section 2: τ = θ_ft − θ_pre; θ = θ_pre + λ Σ τ, negation θ_pre − λ τ',
    deviations: 'λ is given, not searched on validation data here; statistics of norms have task vectors too.',
  },
  needsStart: true,
  fields: {
    lambda: z.number().min(-2).max(2).default(0.3).describe('Scale λ of the sum of task vectors; negative to forget'),
    only: z.number().int().min(-1).max(99).default(-1).describe('Number of the one model to add or forget; −1 = all'),
  },
  entrywise: true,
  tensor(tensor, { lambda, only }, { weights }) {
    const { start, vectors } = tensorTaskVectors(tensor);
    return addedVectors(
      start,
      vectors,
      lambda,
      weights.map((weight, model) => (only < 0 || only === model ? weight : 0)),
    );
  },
});
