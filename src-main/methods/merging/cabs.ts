import { z } from 'zod';
import type { MergedTensor } from '../tensor-merge.ts';
import { outputRows } from './shared/output-rows.ts';
import { rowRanks } from './shared/ranks.ts';
import { addedVectors, tensorTaskVectors } from './shared/task-vectors.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

export interface CabsOptions {
  /** Entries that are kept of each block. */
  readonly n: number;
  /** Entries of a block. */
  readonly m: number;
}

/** 1 for the n largest of each block of m, the first ones among equals; what does not fill a block is left out. */
export function blockMask(values: Float32Array, { n, m }: CabsOptions): Uint8Array {
  const isKept = new Uint8Array(values.length);
  const whole = values.length - (values.length % m);
  rowRanks(values.slice(0, whole), m, 'later').forEach((rank, at) => {
    isKept[at] = Number(rank >= m - n);
  });
  return isKept;
}

/**
 * Task vectors that never overlap: each keeps n of every m entries, the largest of those that no vector before it has
 * taken. Blocks run through a tensor as PyTorch lays it out, unit by unit.
 *
 * @throws RangeError when more entries of a block are to be kept than it has.
 */
export function cabs(
  place: Pick<MergedTensor, 'shape' | 'outputAxis'>,
  changes: readonly Float32Array[],
  options: CabsOptions,
): Float32Array[] {
  const { n, m } = options;
  if (n > m) throw new RangeError(`CABS can't keep ${n} of ${m} entries: choose n ≤ m.`);
  const { toRows, fromRows } = outputRows(place);
  const isTaken = new Uint8Array(changes[0].length);
  return changes.map((change) => {
    const free = toRows(change).map((value, at) => (isTaken[at] === 1 ? 0 : value));
    const isKept = blockMask(free, options);
    isKept.forEach((kept, at) => {
      isTaken[at] = Math.max(isTaken[at], kept);
    });
    return fromRows(free.map((value, at) => value * isKept[at]));
  });
}

export default defineTensorMerge({
  id: 'cabs',
  version: 2,
  title: 'CABS',
  summary: 'Keeps n of every m changes of each model, none where a model before it has kept one, and adds them.',
  paper: {
    title: 'CABS: Conflict-Aware and Balanced Sparsification for Enhancing Model Merging',
    authors: 'Yang et al.',
    year: 2025,
    reference: 'arXiv:2503.01874',
    equations: 'Algorithm 1',
    deviations:
      "As in the authors' RoBERTa code: blocks of flattened tensors, an incomplete last block is left out. More than " +
      'two models: none takes what any before it has. One λ for all, by weights of the models; not searched.',
  },
  needsStart: true,
  fields: {
    n: z.number().int().min(1).max(256).default(1).describe('Entries that are kept of each block'),
    m: z.number().int().min(1).max(256).default(4).describe('Entries of a block'),
    lambda: z.number().min(0).max(3).default(1).describe('Scale λ of the sum'),
  },
  tensor: (tensor, { lambda, ...options }, { weights }) => {
    const { start, vectors } = tensorTaskVectors(tensor);
    return addedVectors(start, cabs(tensor, vectors, options), lambda, weights);
  },
});
