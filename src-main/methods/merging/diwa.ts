import { z } from 'zod';
import { shares, weightedSum } from './shared/sums.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/**
 * DiWA (Rame et al. 2022, equation 3): the mean of the weights of M runs that started from the same weights and differ
 * in mild settings and in the order of their data, θ = M⁻¹ Σ θ_m.
 */
export default defineTensorMerge({
  id: 'diwa',
  version: 1,
  title: 'DiWA',
  summary: 'The mean of the weights of diverse runs from one start, for data of a domain that none of them saw.',
  paper: {
    title: 'Diverse Weight Averaging for Out-of-Distribution Generalization',
    authors: 'Rame, Kirchmeyer, Rahier, Rakotomamonjy, Gallinari, Cord',
    year: 2022,
    reference: 'arXiv:2205.09739',
    equations: 'Equation 3, uniform selection',
    deviations:
      'Each run is taken as it ends, not where it was best on validation rows. The restricted selection is the ' +
      'greedy soup with `as good`.',
  },
  entrywise: true,
  fields: {
    runs: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(0)
      .meta({ defaultMeans: 'all' })
      .describe('M: so many runs, the first ones'),
  },
  tensor({ models }, { runs }, { weights }) {
    const count = runs === 0 ? models.length : Math.min(runs, models.length);
    return new Float32Array(weightedSum(models.slice(0, count), shares(weights.slice(0, count))));
  },
});
