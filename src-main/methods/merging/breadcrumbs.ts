import { z } from 'zod';
import type { MergedTensor } from '../tensor-merge.ts';
import { addedJoined } from './shared/election.ts';
import { outputRows } from './shared/output-rows.ts';
import { amongSmallest, rowRanks } from './shared/ranks.ts';
import { tensorTaskVectors } from './shared/task-vectors.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

export interface BreadcrumbOptions {
  /** Share of the entries that is kept. */
  readonly beta: number;
  /** Share of the entries, the largest, that is taken out first. */
  readonly gamma: number;
  /** Whether shares are of each row, as in the paper, or of the tensor, as in mergekit. */
  readonly scope: 'row' | 'tensor';
}

/** Takes out the ⌊γ n⌋ largest of n entries, and of the rest all but the ⌊β n⌋ largest. */
export function breadcrumbs(
  place: Pick<MergedTensor, 'shape' | 'outputAxis'>,
  change: Float32Array,
  { beta, gamma, scope }: BreadcrumbOptions,
): Float32Array {
  const rowed = outputRows(place);
  const count = scope === 'row' ? rowed.columns : change.length;
  const end = count - Math.floor(gamma * count);
  const begin = Math.max(end - Math.floor(beta * count), 0);
  if (scope === 'tensor') {
    // Where both shares can't be had, mergekit keeps what is to be kept and takes out fewer of the largest.
    const last = begin + Math.floor(beta * count);
    const [isBelowLast, isTooSmall] = [amongSmallest(change, last), amongSmallest(change, begin)];
    return change.map((value, at) => (isBelowLast[at] > isTooSmall[at] ? value : 0));
  }
  const matrix = rowed.toRows(change);
  const ranks = rowRanks(matrix, rowed.columns);
  return rowed.fromRows(matrix.map((value, at) => (ranks[at] >= begin && ranks[at] < end ? value : 0)));
}

export default defineTensorMerge({
  id: 'breadcrumbs',
  version: 1,
  title: 'Model breadcrumbs',
  summary: 'Leaves out the largest and the many small changes of each unit and adds those in between.',
  paper: {
    title: 'Model Breadcrumbs: Scaling Multi-Task Model Merging with Sparse Masks',
    authors: 'Davari and Belilovsky',
    year: 2024,
    reference: 'arXiv:2312.06795',
    equations: 'Equations 2 and 3; defaults from find_best_hyperparam.py',
    deviations:
      'Of equal magnitudes the earlier counts as smaller. In narrow layers γ = 0.006 takes out few entries or none. ' +
      '`tensor` and `elect and add` are breadcrumbs and breadcrumbs_ties of mergekit.',
  },
  needsStart: true,
  fields: {
    beta: z.number().min(0).max(1).default(0.15).describe('Share β of the entries that is kept'),
    gamma: z.number().min(0).max(0.5).default(0.006).describe('Share γ of the entries, the largest, that is left out'),
    alpha: z.number().min(0).max(3).default(0.2).describe('Scale α of what is merged'),
    scope: z.enum(['row', 'tensor']).default('row').describe('Shares of the inputs of each unit or of each tensor'),
    then: z
      .enum(['add', 'elect', 'elect and add'])
      .default('add')
      .describe('What becomes of the vectors: their sum, or the mean or sum of those that agree with elected signs'),
  },
  tensor: (tensor, { alpha, then, ...options }, { weights }) => {
    const { start, vectors } = tensorTaskVectors(tensor);
    const sparse = vectors.map((vector) => breadcrumbs(tensor, vector, options));
    return addedJoined(start, sparse, weights, then, alpha);
  },
});
