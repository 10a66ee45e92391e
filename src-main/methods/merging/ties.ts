import { z } from 'zod';
import type { MergedTensor } from '../tensor-merge.ts';
import { disjointMerge, elect } from './shared/election.ts';
import { addedVectors, tensorTaskVectors } from './shared/task-vectors.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';
import { taskVectorCuts, Trimmer } from './shared/trimming.ts';

/**
 * TIES-Merging (Yadav et al. 2023, algorithm 1): θ0 + λ τ_m, where τ_m comes from trimmed task vectors by an election
 * of signs and a mean over the entries that agree. Weights of models, where they have any, count before the vote.
 */
export default defineTensorMerge({
  id: 'ties',
  version: 1,
  title: 'TIES-Merging',
  summary: 'Keeps the largest changes of each model, elects a sign for every entry and averages those that agree.',
  paper: {
    title: 'TIES-Merging: Resolving Interference When Merging Models',
    authors: 'Yadav et al.',
    year: 2023,
    reference: 'arXiv:2306.01708',
    equations: 'Algorithm 1',
    deviations:
      "Follows the authors' code where it differs from the text: the threshold is of the whole net, one entry more " +
      'than the share is kept, a sum of zero takes the sign of the majority.',
  },
  needsStart: true,
  fields: {
    density: z.number().min(0.001).max(1).default(0.2).describe('Share of the entries of a task vector that is kept'),
    lambda: z.number().min(0).max(3).default(1).describe('Scale λ of the merged task vector'),
    scope: z
      .enum(['global', 'tensor'])
      .default('global')
      .describe('Largest entries of the whole net, or of each tensor by itself'),
    keep: z
      .enum(['official', 'exact', 'at-least-1'])
      .default('official')
      .describe("How many entries the share is: as in the authors' code, exactly, or exactly but never none"),
    combine: z.enum(['mean', 'sum']).default('mean').describe('What becomes of entries that agree'),
  },
  entrywise: true,
  surveyOf: ({ scope }) => (scope === 'global' ? 'net' : 'tensor'),
  onFiles: { scope: 'tensor', keep: 'at-least-1' },
  *survey({ density, lambda, keep, combine }, { models, weights }) {
    // There is nothing to trim at density 1: the authors' function can't keep everything.
    const cuts = density < 1 ? yield* taskVectorCuts({ density, keep }, models) : [];
    const trimming = () => {
      const trimmers = cuts.map((cut) => new Trimmer(cut));
      return (tensor: MergedTensor) => {
        const { start, vectors } = tensorTaskVectors(tensor);
        return { start, vectors: vectors.map((vector, task) => trimmers[task]?.trim(vector) ?? vector) };
      };
    };
    // In the authors' code a sum of 0 takes the sign that most other entries have.
    let zero = 1;
    if (keep === 'official') {
      let majority = 0;
      const trimmed = trimming();
      yield (tensor) => {
        for (const sign of elect(trimmed(tensor).vectors, weights, 0)) majority += sign;
      };
      zero = Math.sign(majority);
    }
    const trimmed = trimming();
    return (tensor) => {
      const { start, vectors } = trimmed(tensor);
      const merged = disjointMerge(vectors, weights, elect(vectors, weights, zero), combine);
      return addedVectors(start, [merged], lambda);
    };
  },
});
