import { z } from 'zod';
import { sharesOf, weightedSum } from './shared/sums.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/** Σ w_t θ_t of one tensor. */
export const linear = (models: readonly Float32Array[], weights: readonly number[]): Float32Array =>
  new Float32Array(weightedSum(models, weights));

export default defineTensorMerge({
  id: 'linear',
  version: 1,
  title: 'Linear interpolation',
  summary: 'A chosen point on the straight line between two models, or a weighted mean of several.',
  paper: {
    title: 'Linear Mode Connectivity and the Lottery Ticket Hypothesis',
    authors: 'Frankle et al.',
    year: 2020,
    reference: 'arXiv:1912.05671',
    equations: 'Section 2: α W1 + (1 − α) W2',
    deviations: 'Several models are merged by their weights, Σ w θ / Σ w, as in mergekit. Statistics of norms too.',
  },
  fields: {
    share: z.number().min(0).max(1).default(0.5).describe('Share of the second of two models; 0.5 with more'),
    normalise: z.boolean().default(true).describe('Whether weights are divided by their sum'),
  },
  entrywise: true,
  tensor: ({ models }, { share, normalise }, { weights }) => {
    const parts = sharesOf(weights, share);
    // With the default share of two models the sum is that of the weights as they were given.
    const total = normalise ? 1 : weights.reduce((sum, weight) => sum + weight, 0);
    return linear(
      models,
      parts.map((part) => total * part),
    );
  },
});
