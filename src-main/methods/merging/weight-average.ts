import { weightedMean } from './shared/sums.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';
import { MODEL_SOUPS } from '../shared/papers.ts';

/**
 * The uniform soup of Wortsman et al. 2022: the mean of the parameters as they are, Σ w_t θ_t / Σ w_t where models have
 * weights.
 */
export default defineTensorMerge({
  id: 'weight-average',
  version: 1,
  title: 'Weight average',
  summary: 'The plain mean of the parameters, units in the order they happen to have.',
  paper: {
    ...MODEL_SOUPS,
    equations: 'Uniform soup',
    deviations: 'Batch-norm statistics are estimated anew, as for every merge.',
  },
  fields: {},
  entrywise: true,
  tensor: ({ models }, _values, { weights }) => new Float32Array(weightedMean(models, weights)),
});
