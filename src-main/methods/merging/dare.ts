import { z } from 'zod';
import { keptByChance } from './shared/chance.ts';
import { addedJoined } from './shared/election.ts';
import { tensorTaskVectors } from './shared/task-vectors.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/**
 * Drops entries of task vectors with probability p; the others are divided by 1 − p (equations 3 and 4), or scaled all
 * together to the norm that the tensor had.
 */
export default defineTensorMerge({
  id: 'dare',
  version: 1,
  title: 'DARE',
  summary: 'Drops most of what each model changed at random, scales up the rest and adds it, or elects signs first.',
  paper: {
    title: 'Language Models are Super Mario: Absorbing Abilities from Homologous Models as a Free Lunch',
    authors: 'Yu et al.',
    year: 2024,
    reference: 'arXiv:2311.03099',
    equations: 'Equations 3 and 4',
    deviations:
      'The mask comes from seed, model and name of the tensor. With TIES: no further trimming; signs are elected and ' +
      'those that agree averaged, as in mergekit. `norm` is how mergekit scales.',
  },
  needsStart: true,
  fields: {
    drop: z.number().min(0).max(0.99).default(0.8).describe('Probability p that an entry is dropped'),
    lambda: z.number().min(0).max(3).default(0.3).describe('Scale λ of what is merged'),
    then: z.enum(['add', 'elect']).default('add').describe('Task arithmetic, or signs and means as in TIES'),
    rescale: z
      .enum(['expectation', 'norm', 'none'])
      .default('expectation')
      .describe('What is left: divided by 1 − p, scaled to the L1 norm of the whole tensor, or as it is'),
  },
  // A norm is of the whole tensor.
  entrywise: ({ rescale }) => rescale !== 'norm',
  tensor: (tensor, { drop, lambda, then, rescale }, { weights, stream }) => {
    const { start, vectors } = tensorTaskVectors(tensor);
    const sparse = vectors.map((vector, model) =>
      keptByChance(vector, 1 - drop, stream(`dare/${model}/${tensor.name}`), rescale),
    );
    return addedJoined(start, sparse, weights, then, lambda);
  },
});
