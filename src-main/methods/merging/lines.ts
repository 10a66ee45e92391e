import { z } from 'zod';
import { disjointMerge, elect } from './shared/election.ts';
import { weightedSum } from './shared/sums.ts';
import { addedVectors, tensorTaskVectors } from './shared/task-vectors.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/** α + β ℓ/(L − 1) for layer ℓ of L, counted from the input; a net of one layer has α + β. */
export const linesScale = (alpha: number, beta: number, layer: number, layers: number): number =>
  alpha + beta * (layers > 1 ? layer / (layers - 1) : 1);

/** α = (|Σ τ_t|₁ / |τ_mtl|₁) / T: 1/T for the sum itself, more for a merged vector that is shorter. */
export const linesAlpha = (sum: number, merged: number, models: number): number =>
  merged === 0 ? 1 / models : sum / merged / models;

function l1(vector: Float64Array | Float32Array): number {
  let sum = 0;
  for (const value of vector) sum += Math.abs(value);
  return sum;
}

export default defineTensorMerge({
  id: 'lines',
  version: 1,
  title: 'LiNeS',
  summary: 'Scales merged changes by depth: little in early layers, which tasks share, more in late ones.',
  paper: {
    title: 'LiNeS: Post-training Layer Scaling Prevents Forgetting and Enhances Model Merging',
    authors: 'Wang et al.',
    year: 2025,
    reference: 'arXiv:2410.17146',
    equations: 'Equations 4 and 5',
    deviations:
      'β is given, not searched on validation data here. Layers are numbered from the input, heads left out. The ' +
      'mean of what agrees is TIES without trimming.',
  },
  needsStart: true,
  fields: {
    beta: z.number().min(0).max(3).default(0.5).describe('How much more the last layer is scaled than the first'),
    alpha: z
      .number()
      .min(-1)
      .max(3)
      .default(-1)
      .describe("Scale of the first layer; −1 = the paper's rule, 1/T for sums"),
    vector: z
      .enum(['sum', 'agreeing mean'])
      .default('sum')
      .describe('What is scaled: the sum, or the mean of what agrees'),
  },
  entrywise: true,
  *survey({ alpha, beta, vector }, { models, weights }) {
    const merged = (vectors: readonly Float32Array[]): Float64Array | Float32Array =>
      vector === 'sum'
        ? weightedSum(vectors, weights)
        : disjointMerge(vectors, weights, elect(vectors, weights, 1), 'mean');
    // Of the sum itself the rule is 1/T, whatever the sum is.
    let first = alpha < 0 ? 1 / models : alpha;
    if (alpha < 0 && vector !== 'sum') {
      const lengths = { sum: 0, merged: 0 };
      yield (tensor) => {
        const { vectors } = tensorTaskVectors(tensor);
        lengths.sum += l1(weightedSum(vectors, weights));
        lengths.merged += l1(merged(vectors));
      };
      first = linesAlpha(lengths.sum, lengths.merged, models);
    }
    return (tensor) => {
      const { start, vectors } = tensorTaskVectors(tensor);
      return addedVectors(start, [merged(vectors)], linesScale(first, beta, tensor.layer, tensor.layers));
    };
  },
});
