import { z } from 'zod';
import type { Stream } from '../../engine/random/streams.ts';
import type { MergedTensor } from '../tensor-merge.ts';
import { keptByChance } from './shared/chance.ts';
import type { Rescale } from './shared/chance.ts';
import { addedJoined } from './shared/election.ts';
import { outputRows } from './shared/output-rows.ts';
import { rowRanks } from './shared/ranks.ts';
import { tensorTaskVectors } from './shared/task-vectors.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

export interface DellaOptions {
  /** Mean probability that an entry is dropped. */
  readonly drop: number;
  /** Between the probabilities of the smallest and the largest entry of a row. */
  readonly window: number;
  readonly rescale: Rescale;
}

/**
 * Probability that each entry stays: 1 − drop in the middle of its row by magnitude, window/2 less for the smallest and
 * more for the largest. In a row of one entry it is 1 − drop.
 */
export function keepChances(
  matrix: Float32Array,
  columns: number,
  { drop, window }: Pick<DellaOptions, 'drop' | 'window'>,
): Float64Array {
  const steps = columns - 1;
  return Float64Array.from(
    rowRanks(matrix, columns),
    (rank) => 1 - drop + (steps === 0 ? 0 : window * (rank / steps - 0.5)),
  );
}

/**
 * MAGPRUNE, the first step of DELLA: drops entries of a task vector at random, small ones of a row more often.
 *
 * @throws RangeError when a probability would not lie between 0 and 1.
 */
export function magPrune(
  place: Pick<MergedTensor, 'shape' | 'outputAxis'>,
  change: Float32Array,
  options: DellaOptions,
  source: Pick<Stream, 'fillUniform'>,
): Float32Array {
  const { drop, window, rescale } = options;
  if (drop === 0) return change;
  if (drop - window / 2 <= 0 || drop + window / 2 >= 1)
    throw new RangeError(
      `DELLA drops the entries of a row with probabilities ${drop - window / 2} to ${drop + window / 2}, which must ` +
        'lie between 0 and 1: choose a narrower window, or another share to be dropped.',
    );
  const { columns, toRows, fromRows } = outputRows(place);
  const matrix = toRows(change);
  return fromRows(keptByChance(matrix, keepChances(matrix, columns, options), source, rescale));
}

export default defineTensorMerge({
  id: 'della',
  version: 1,
  title: 'DELLA',
  summary: 'Drops changes at random, small ones of each unit more often; then elects signs and averages what agrees.',
  paper: {
    title: 'DELLA-Merging: Reducing Interference in Model Merging through Magnitude-Based Sampling',
    authors: 'Deep, Bhardwaj and Poria',
    year: 2024,
    reference: 'arXiv:2406.11617',
    equations: 'Section 3: Drop (MAGPRUNE), Elect, Fuse',
    deviations:
      'Of equal magnitudes the earlier counts as smaller; a row of one entry has the mean probability, where the ' +
      'code divides by 0. `norm` and `add` are della_linear of mergekit, whose epsilon is half the window.',
  },
  needsStart: true,
  fields: {
    drop: z.number().min(0).max(0.99).default(0.3).describe('Mean probability that an entry is dropped'),
    window: z.number().min(0).max(1).default(0.14).describe('How far apart the probabilities of a row lie'),
    lambda: z.number().min(0).max(3).default(1.1).describe('Scale λ of what is merged'),
    then: z.enum(['elect', 'add']).default('elect').describe('Signs and means as in TIES, or the sum'),
    rescale: z
      .enum(['expectation', 'norm', 'none'])
      .default('expectation')
      .describe('What is left: divided by its own probability, scaled to the L1 norm of the tensor, or as it is'),
  },
  tensor: (tensor, { lambda, then, ...options }, { weights, stream }) => {
    const { start, vectors } = tensorTaskVectors(tensor);
    const sparse = vectors.map((vector, model) =>
      magPrune(tensor, vector, options, stream(`della/${model}/${tensor.name}`)),
    );
    return addedJoined(start, sparse, weights, then, lambda);
  },
});
