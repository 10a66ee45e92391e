import { z } from 'zod';
import { dot, shares } from './shared/sums.ts';
import { addedVectors, tensorTaskVectors } from './shared/task-vectors.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/**
 * λ_t = w_t |τ_t|² / Σ_s w_s |τ_s|² (equation 15). Where nothing has changed all have the same share.
 *
 * @param squares |τ_t|² over the whole net.
 */
export function metaGptScales(squares: readonly number[], weights: readonly number[]): number[] {
  const weighted = squares.map((square, model) => weights[model] * square);
  return weighted.every((value) => value === 0) ? shares(weights) : shares(weighted);
}

export default defineTensorMerge({
  id: 'metagpt',
  version: 1,
  title: 'MetaGPT scaling',
  summary: 'Task arithmetic whose scales follow from the lengths of the task vectors; they sum to 1.',
  paper: {
    title: 'MetaGPT: Merging Large Language Models Using Model Exclusive Task Arithmetic',
    authors: 'Zhou et al.',
    year: 2024,
    reference: 'arXiv:2406.11385',
    equations: 'λ_t = |τ_t|² / Σ |τ_s|²',
    deviations: 'No code of the authors was found; by the formula. Weights of models scale the squares.',
  },
  needsStart: true,
  fields: {
    lambda: z.number().min(0).max(10).default(1).describe('Scale of the whole; 1 in the paper'),
  },
  entrywise: true,
  *survey({ lambda }, { models, weights }) {
    const squares = Array.from({ length: models }, () => 0);
    yield (tensor) => {
      tensorTaskVectors(tensor).vectors.forEach((vector, model) => {
        squares[model] += dot(vector, vector);
      });
    };
    const scales = metaGptScales(squares, weights);
    return (tensor) => {
      const { start, vectors } = tensorTaskVectors(tensor);
      return addedVectors(start, vectors, lambda, scales);
    };
  },
});
