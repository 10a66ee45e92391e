import { z } from 'zod';
import { gramOf, lengthIn } from './shared/sphere.ts';
import { shares, weightedSum } from './shared/sums.ts';
import { addedVectors, tensorTaskVectors } from './shared/task-vectors.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/** A sum of directions shorter than this has none itself. */
const SHORT = 1e-7;

/**
 * The weighted mean of directions, made as long as the vectors are on average. What mergekit adds, a step in the
 * tangent space at that mean, is 0 whatever the vectors are: Σ w (u − (u·m) m) = S − (S·m) m, and m = S / |S|.
 *
 * @param weights with sum 1.
 * @throws RangeError where the directions of more than two vectors cancel out.
 */
export function multiSlerp(name: string, vectors: readonly Float32Array[], weights: readonly number[]): Float64Array {
  const gram = gramOf(vectors);
  const lengths = gram.map((row, model) => Math.sqrt(row[model]));
  const directions = weights.map((weight, model) => (lengths[model] === 0 ? 0 : weight / lengths[model]));
  const sum = lengthIn(gram, directions);
  if (sum < SHORT) {
    if (vectors.length <= 2 || lengths.every((length) => length === 0)) return weightedSum(vectors, weights);
    throw new RangeError(
      `The directions of ${name} in the ${vectors.length} models cancel out, so they have no mean. Use other weights.`,
    );
  }
  const long = weights.reduce((total, weight, model) => total + weight * lengths[model], 0);
  return weightedSum(
    vectors,
    directions.map((part) => (part * long) / sum),
  );
}

export default defineTensorMerge({
  id: 'multi-slerp',
  version: 1,
  title: 'Multi-SLERP',
  summary: 'The mean direction of several models, as long as they are on average; about a start where one is given.',
  paper: {
    title: 'Multi-SLERP',
    authors: 'Goddard',
    year: 2025,
    reference: 'goddard.blog/posts/multislerp-wow-what-a-cool-idea',
    equations: 'merge_methods/multislerp.py of mergekit',
    deviations: "Without mergekit's step in the tangent space, which is always 0. Tensors of zeros stay zeros.",
  },
  usesBase: true,
  fields: {
    normalise: z.boolean().default(true).describe('Whether weights are divided by their sum'),
  },
  tensor: (tensor, { normalise }, { weights }) => {
    const { name, base, models } = tensor;
    const parts = normalise ? shares(weights) : weights;
    if (base === null) return new Float32Array(multiSlerp(name, models, parts));
    const { start, vectors } = tensorTaskVectors(tensor);
    return addedVectors(start, [multiSlerp(name, vectors, parts)], 1);
  },
});
