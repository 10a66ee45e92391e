import { z } from 'zod';
import { weighted } from './shared/sums.ts';
import { addedVectors, tensorTaskVectors } from './shared/task-vectors.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/** Entry by entry the change of largest magnitude; of equal ones that of the later model. */
export function magMax(changes: readonly Float32Array[]): Float32Array {
  const largest = Float32Array.from(changes[0]);
  for (const change of changes)
    for (let at = 0; at < largest.length; at += 1)
      if (Math.abs(change[at]) >= Math.abs(largest[at])) largest[at] = change[at];
  return largest;
}

export default defineTensorMerge({
  id: 'magmax',
  version: 1,
  title: 'MagMax',
  summary: 'Takes for every weight the largest change that any of the models made.',
  paper: {
    title: 'MagMax: Leveraging Model Merging for Seamless Continual Learning',
    authors: 'Marczak et al.',
    year: 2024,
    reference: 'arXiv:2407.06322',
    equations: 'Equations 2 and 3',
    deviations: 'λ is given, not searched on validation data here. Weights of models scale their changes first.',
  },
  needsStart: true,
  fields: {
    lambda: z.number().min(0).max(3).default(0.5).describe('Scale λ of the largest changes'),
  },
  entrywise: true,
  tensor: (tensor, { lambda }, { weights }) => {
    const { start, vectors } = tensorTaskVectors(tensor);
    return addedVectors(start, [magMax(weighted(vectors, weights))], lambda);
  },
});
