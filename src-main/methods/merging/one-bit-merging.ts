import { z } from 'zod';
import { addedVectors, tensorTaskVectors } from './shared/task-vectors.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/** sign(τ) times the mean |τ| of the entries that changed: of all multiples of the signs the nearest to τ. */
export function oneBit(vector: Float32Array): Float32Array {
  let sum = 0;
  let changed = 0;
  for (const value of vector) {
    sum += Math.abs(value);
    if (value !== 0) changed += 1;
  }
  return vector.map((value) => (sum / Math.max(changed, 1)) * Math.sign(value));
}

export default defineTensorMerge({
  id: 'one-bit-merging',
  version: 1,
  title: '1bit-Merging',
  summary:
    'Of each task vector the signs and one size a tensor; a task is answered with its own over the merged others.',
  paper: {
    title: '1bit-Merging: Dynamic Quantized Merging for Large Language Models',
    authors: 'Liu et al.',
    year: 2025,
    reference: 'arXiv:2502.10743',
    equations: 'Section 3: τ̂_t = mean|τ_t| · sign(τ_t), tensor by tensor; θ_t = θ0 + τ̂_t + λ Σ_{s≠t} τ_s',
    deviations:
      'No published code was found. Nothing routes: the suite says which task a row is of. All tensors of all models ' +
      'are quantised, not those of attention or of MLPs alone; entries that did not change stay.',
  },
  needsStart: true,
  fields: {
    lambda: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('Scale λ of the other task vectors under the own; 0: each task has its own quantised vector alone'),
  },
  each(tensor, { lambda }, { weights }) {
    const { start, vectors } = tensorTaskVectors(tensor);
    return vectors.map((vector, own) => {
      const others = weights.map((weight, task) => (task === own ? 0 : weight));
      const below = lambda === 0 ? start : addedVectors(start, vectors, lambda, others);
      return addedVectors(below, [oneBit(vector)], 1, [weights[own]]);
    });
  },
});
