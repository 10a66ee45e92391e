import { z } from 'zod';
import type { ValuesOf } from '../../define.ts';
import type { MergedTensor, MergeTerms } from '../../tensor-merge.ts';
import ties from '../ties.ts';
import { addedVectors, tensorTaskVectors } from './task-vectors.ts';

/** How one vector for all tasks is made: the sum of their vectors, or that of TIES with the sum of what agrees. */
export const vectorFields = {
  vector: z.enum(['sum', 'ties']).default('sum').describe('τ_mtl: the sum of task vectors, or the sum by TIES'),
  density: z.number().min(0.001).max(1).default(0.2).describe('Share of the entries that TIES keeps'),
};
export type MultiTaskVector = ValuesOf<typeof vectorFields>;

/** The threshold of equation 5 as a setting. */
export const thresholdField = z
  .number()
  .min(0)
  .max(1)
  .default(0)
  .describe('Threshold λ of all masks; 0: that of 0.2 … 0.6 which is best on the validation rows of each task');

/** The start, the task vectors and τ_mtl of one tensor. */
export interface TaskInformation {
  readonly start: Float32Array;
  readonly vectors: readonly Float32Array[];
  readonly merged: Float32Array;
}

/** Passes over the net, which end with what makes τ_mtl of one tensor. */
export function* multiTaskVector(
  { vector, density }: MultiTaskVector,
  terms: MergeTerms,
): Generator<(tensor: MergedTensor) => void, (tensor: MergedTensor) => TaskInformation, void> {
  // TIES of the task vectors over a start of zeros is its vector, without the rounding of θ0 + τ.
  const alone = (tensor: MergedTensor): TaskInformation => {
    const { start, vectors } = tensorTaskVectors(tensor);
    return { start, vectors, merged: new Float32Array(start.length) };
  };
  if (vector === 'sum')
    return (tensor) => {
      const { start, vectors, merged: zeros } = alone(tensor);
      return { start, vectors, merged: addedVectors(zeros, vectors, 1, terms.weights) };
    };
  const run = ties.tensorMerge.start({ density, lambda: 1, combine: 'sum' }, terms);
  yield* run.passes();
  return (tensor) => {
    const { start, vectors, merged: zeros } = alone(tensor);
    return { start, vectors, merged: run.merge({ ...tensor, base: zeros, models: vectors })[0] };
  };
}

/** Wang et al. 2024, equation 5: m_t = 1[|τ_t| > λ |τ_mtl − τ_t|], entry by entry. */
export function taskMask(vector: Float32Array, merged: Float32Array, lambda: number): Uint8Array {
  return Uint8Array.from(vector, (own, at) => Number(Math.abs(own) > lambda * Math.abs(merged[at] - own)));
}
