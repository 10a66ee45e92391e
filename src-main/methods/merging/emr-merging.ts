import { z } from 'zod';
import { weighted } from './shared/sums.ts';
import { tensorTaskVectors } from './shared/task-vectors.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/**
 * Elect: of each entry the sign of the sum of all task vectors, and the largest magnitude among those that have it. A
 * sum of 0 is negative, as in the authors' code.
 */
export function unified(vectors: readonly Float32Array[]): Float32Array {
  return vectors[0].map((_, at) => {
    const sign = vectors.reduce((sum, vector) => sum + vector[at], 0) > 0 ? 1 : -1;
    return sign * vectors.reduce((largest, vector) => Math.max(largest, sign * vector[at]), 0);
  });
}

/** Mask: what of the unified vector has the sign of the task's own. */
export const masked = (vector: Float32Array, all: Float32Array): Float32Array =>
  all.map((value, at) => (value * vector[at] > 0 ? value : 0));

const magnitude = (values: Float32Array): number => values.reduce((sum, value) => sum + Math.abs(value), 0);

export default defineTensorMerge({
  id: 'emr-merging',
  version: 1,
  title: 'EMR-Merging',
  summary: 'One unified task vector, and for each task a mask of signs and one number that restores its size.',
  paper: {
    title: 'EMR-Merging: Tuning-Free High-Performance Model Merging',
    authors: 'Huang et al.',
    year: 2024,
    reference: 'arXiv:2405.17461',
    equations: 'Section 3.2: elect, mask and rescale; θ_t = θ0 + λ_t m_t ⊙ τ_uni',
    deviations: 'None known. Heads are not merged. Weights of models scale their task vectors in the election only.',
  },
  needsStart: true,
  fields: {
    rescaler: z
      .enum(['flat', 'tensors'])
      .default('flat')
      .describe('Mean magnitudes of the whole vector (their code for 30 ViTs), or those of all tensors added (others)'),
  },
  entrywise: ({ rescaler }) => rescaler === 'flat',
  *surveyEach({ rescaler }, { models, weights }) {
    const own = new Float64Array(models);
    const left = new Float64Array(models);
    const elected = (vectors: readonly Float32Array[]): Float32Array => unified(weighted(vectors, weights));
    yield (tensor) => {
      const { vectors } = tensorTaskVectors(tensor);
      const all = elected(vectors);
      const share = rescaler === 'flat' ? 1 : 1 / Math.max(all.length, 1);
      vectors.forEach((vector, task) => {
        own[task] += share * magnitude(vector);
        left[task] += share * magnitude(masked(vector, all));
      });
    };
    return (tensor) => {
      const { start, vectors } = tensorTaskVectors(tensor);
      const all = elected(vectors);
      return vectors.map((vector, task) => {
        const scale = left[task] === 0 ? 0 : own[task] / left[task];
        const kept = masked(vector, all);
        return start.map((value, at) => value + scale * kept[at]);
      });
    };
  },
});
