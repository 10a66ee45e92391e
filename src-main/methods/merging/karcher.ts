import { z } from 'zod';
import { gramOf, inner, lengthIn } from './shared/sphere.ts';
import type { Gram } from './shared/sphere.ts';
import { shares, weightedSum } from './shared/sums.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

export interface KarcherOptions {
  readonly steps: number;
  /** Length of a step at which the mean is reached; shorter vectors have no direction. */
  readonly tolerance: number;
}

/**
 * How much of each vector there is in their Karcher mean: the point of the sphere with the least sum of squared angles
 * to their directions, as long as the vectors are on average. Each step goes along Σ α Ω/sin Ω (u − cos Ω m).
 *
 * @param gram inner products of the vectors.
 * @param weights with sum 1.
 */
export function karcher(
  gram: Gram,
  weights: readonly number[],
  { steps, tolerance }: KarcherOptions,
): { readonly parts: readonly number[]; readonly steps: number } {
  const lengths = gram.map((row, model) => Math.sqrt(row[model]));
  const used = [...weights.keys()].filter((model) => lengths[model] > tolerance);
  if (used.length === 0) return { parts: weights.map(() => 0), steps: 0 };
  const units = weights.map((_, model) => weights.map((_share, at) => Number(at === model) / (lengths[model] || 1)));
  const alphas = shares(used.map((model) => weights[model]));
  const towards = (parts: readonly number[]): number[] =>
    units[0].map((_, at) => used.reduce((sum, model, index) => sum + parts[index] * units[model][at], 0));
  const unit = (vector: readonly number[]): number[] => {
    const length = lengthIn(gram, vector);
    return length < tolerance ? units[used[0]] : vector.map((part) => part / length);
  };
  let mean = unit(towards(alphas));
  let step = 0;
  for (; step < steps; step += 1) {
    const pulls = used.map((model, index) => {
      const cosine = Math.min(Math.max(inner(gram, mean, units[model]), -1), 1);
      const angle = Math.acos(cosine);
      const pull = angle < tolerance ? 0 : (alphas[index] * angle) / Math.sin(angle);
      return { pull, back: pull * cosine };
    });
    const back = pulls.reduce((sum, one) => sum + one.back, 0);
    const tangent = towards(pulls.map(({ pull }) => pull)).map((part, at) => part - back * mean[at]);
    const length = lengthIn(gram, tangent);
    if (length < tolerance) break;
    mean = unit(mean.map((part, at) => Math.cos(length) * part + (Math.sin(length) / length) * tangent[at]));
  }
  const long = weights.reduce((sum, weight, model) => sum + weight * lengths[model], 0);
  return { parts: mean.map((part) => long * part), steps: step };
}

export default defineTensorMerge({
  id: 'karcher',
  version: 1,
  title: 'Karcher mean',
  summary: 'The point of the sphere that is nearest to the directions of all models, as long as they are on average.',
  paper: {
    title: 'Riemannian center of mass and mollifier smoothing',
    authors: 'Karcher',
    year: 1977,
    reference: 'doi:10.1002/cpa.3160300502',
    equations: 'Section 1; steps as in merge_methods/karcher.py of mergekit',
    deviations: 'Models may have weights, which mergekit does not take. Whole weights tensor by tensor, not changes.',
  },
  fields: {
    steps: z.number().int().min(1).max(1000).default(10).describe('Steps at most'),
    tolerance: z.number().min(1e-8).max(0.1).default(1e-5).describe('Length of a step at which the mean is reached'),
  },
  tensor: ({ models }, options, { weights }) =>
    new Float32Array(weightedSum(models, karcher(gramOf(models), shares(weights), options).parts)),
});
