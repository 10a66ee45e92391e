import { z } from 'zod';
import { weightedMean } from './shared/sums.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/** Mean and unbiased variance of the entries of a tensor. */
export function spreadOf(values: Float32Array): { readonly mean: number; readonly variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: values.length > 1 ? squares / (values.length - 1) : 0 };
}

/** (w̄ − m) · √(v* / var w̄) + m with m the mean of w̄; w̄ itself where its entries do not vary. */
export function withVariance(average: Float32Array, wanted: number): Float32Array {
  const { mean, variance } = spreadOf(average);
  const scale = variance > 0 ? Math.sqrt(wanted / variance) : 1;
  return average.map((value) => (value - mean) * scale + mean);
}

/**
 * Variance-corrected averaging: the mean of n networks that were trained apart has about an n-th of their variance in
 * each tensor, so that signals die on their way through the layers. Each averaged tensor is stretched around its mean
 * until its variance is that of the networks.
 */
export default defineTensorMerge({
  id: 'variance-correction',
  version: 1,
  title: 'Variance-corrected average',
  summary: 'The mean of the parameters, each tensor stretched until it varies as much as those of the nets.',
  paper: {
    title: 'Vanishing Variance Problem in Fully Decentralized Neural-Network Systems',
    authors: 'Tian, Al-Ars, Kitsak, Hofstee',
    year: 2024,
    reference: 'arXiv:2404.04616',
    equations: 'The corrected average, with its three targets',
    deviations:
      'Once, after training; the paper averages neighbours in every round. A tensor whose mean is constant stays.',
  },
  fields: {
    target: z
      .enum(['own', 'others', 'mixed'])
      .default('mixed')
      .describe('Whose variance: of the first net, the mean of those of the others, or between both'),
    share: z.number().min(0).max(1).default(0.5).describe('Share of the first net, where the target is mixed'),
  },
  tensor({ models }, { target, share }, { weights }) {
    const average = new Float32Array(weightedMean(models, weights));
    const [own, ...others] = models.map((model) => spreadOf(model).variance);
    const received = others.length === 0 ? own : others.reduce((a, b) => a + b, 0) / others.length;
    const first = { own: 1, others: 0, mixed: share }[target];
    return withVariance(average, first * own + (1 - first) * received);
  },
});
