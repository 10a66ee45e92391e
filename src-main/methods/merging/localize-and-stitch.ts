import { z } from 'zod';
import { tensorTaskVectors } from './shared/task-vectors.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';
import { taskVectorCuts } from './shared/trimming.ts';

/** θ0 + Σ_t m_t τ_t / Σ_t m_t; θ0 where no task has a mask. `masks` are 1 or 0. */
export function stitched(
  start: Float32Array,
  vectors: readonly Float32Array[],
  masks: readonly ArrayLike<number>[],
  weights?: readonly number[],
): Float32Array {
  return start.map((value, at) => {
    let sum = 0;
    let count = 0;
    vectors.forEach((vector, task) => {
      const share = (weights?.[task] ?? 1) * masks[task][at];
      sum += share * vector[at];
      count += share;
    });
    return count === 0 ? value : value + sum / count;
  });
}

export default defineTensorMerge({
  id: 'localize-and-stitch',
  version: 1,
  title: 'Localize-and-Stitch, dataless',
  summary: 'Keeps the few largest changes of each model and stitches them in; where several have one, their mean.',
  paper: {
    title: 'Localize-and-Stitch: Efficient Model Merging via Sparse Task Arithmetic',
    authors: 'He et al.',
    year: 2024,
    reference: 'arXiv:2408.13656',
    equations: 'Section 3.2 (dataless localisation by the largest changes) and 3.3 (stitching)',
    deviations:
      "Strictly above the k-th largest magnitude, so one entry less than k, as in the authors' code. 10 % stands in " +
      'their script for vision, 5 % in that for language.',
  },
  needsStart: true,
  entrywise: true,
  fields: {
    sparsity: z.number().min(0.0001).max(1).default(0.1).describe('Share of the entries of the net that each keeps'),
  },
  *survey({ sparsity }, { models, weights }) {
    const cuts = yield* taskVectorCuts({ density: sparsity, keep: 'exact' }, models);
    return (tensor) => {
      const { start, vectors } = tensorTaskVectors(tensor);
      const masks = vectors.map((vector, task) =>
        Uint8Array.from(vector, (value) => Number(Math.abs(value) > cuts[task].threshold)),
      );
      return stitched(start, vectors, masks, weights);
    };
  },
});
