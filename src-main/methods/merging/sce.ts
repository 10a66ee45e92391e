import { z } from 'zod';
import { disjointMerge, elect } from './shared/election.ts';
import { amongLargest } from './shared/ranks.ts';
import { dot } from './shared/sums.ts';
import { addedVectors, tensorTaskVectors } from './shared/task-vectors.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

export interface SceOptions {
  /** Share of the entries that differ between the models, those of largest variance, that is selected. */
  readonly topk: number;
  /** `fusechat`: weights alone are of selected entries. `mergekit`: the others stay as at the start, too. */
  readonly variant: 'fusechat' | 'mergekit';
}

/** Select: 1 for the ⌊topk · n⌋ entries of largest variance, n of them differing at all; 0 for the others. */
export function selected(changes: readonly Float32Array[], topk: number): Uint8Array {
  const variances = changes[0].map((_, at) => {
    const mean = changes.reduce((sum, change) => sum + change[at], 0) / changes.length;
    return changes.reduce((sum, change) => sum + (change[at] - mean) ** 2, 0) / changes.length;
  });
  const count = Math.floor(topk * variances.reduce((sum, variance) => sum + Number(variance > 0), 0));
  return amongLargest(variances, count);
}

/** Calculate: mean squares of the changes, as shares of their sum; equal ones where there is no change. */
export function sceWeights(changes: readonly Float32Array[], { variant }: Pick<SceOptions, 'variant'>): number[] {
  const squares = changes.map((change) => dot(change, change) / change.length);
  const total = squares.reduce((sum, square) => sum + square, 0);
  // mergekit takes very small changes for none.
  const isNone = variant === 'mergekit' ? total < 1e-6 : total === 0;
  return isNone ? changes.map(() => 1 / changes.length) : squares.map((square) => square / total);
}

/** Select, calculate, erase: the merged change of one tensor. */
export function sce(changes: readonly Float32Array[], { topk, variant }: SceOptions): Float32Array {
  const isSelected = topk < 1 ? selected(changes, topk) : null;
  const chosen =
    isSelected === null ? changes : changes.map((change) => change.map((value, at) => value * isSelected[at]));
  const weights = sceWeights(chosen, { variant });
  const merged = variant === 'fusechat' ? changes : chosen;
  const signs = elect(
    merged,
    changes.map(() => 1),
    1,
  );
  return disjointMerge(merged, weights, signs, 'mean');
}

export default defineTensorMerge({
  id: 'sce',
  version: 2,
  title: 'SCE',
  summary: 'Weighs models tensor by tensor by the square of what they changed and averages what agrees in sign.',
  paper: {
    title: 'FuseChat: Knowledge Fusion of Chat Models',
    authors: 'Wan et al.',
    year: 2024,
    reference: 'arXiv:2408.07990',
    equations: 'Section 3.3: select, calculate, erase',
    deviations:
      "As in the authors' code, which merges all entries and selects for the weights alone; mergekit's version is an " +
      'option. Of equal variances the first are selected. λ is ours.',
  },
  needsStart: true,
  // It works them out itself.
  weighs: false,
  fields: {
    topk: z.number().min(0).max(1).default(0.1).describe('Share of the differing entries that is selected'),
    variant: z.enum(['fusechat', 'mergekit']).default('fusechat').describe('What is not selected: merged, or left out'),
    lambda: z.number().min(0).max(3).default(1).describe('Scale λ of what is merged'),
  },
  tensor: (tensor, { lambda, ...options }) => {
    const { start, vectors } = tensorTaskVectors(tensor);
    return addedVectors(start, [sce(vectors, options)], lambda);
  },
});
