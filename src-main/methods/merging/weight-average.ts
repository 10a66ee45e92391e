import { defineMergingMethod } from './shared/define.ts';
import { averageParameters } from './shared/average.ts';

/**
 * The uniform soup of Wortsman et al. 2022 of two nets that were trained apart: the mean of their parameters as they
 * are.
 */
export default defineMergingMethod({
  id: 'weight-average',
  version: 1,
  title: 'Weight average',
  summary: 'The plain mean of the parameters, units in the order they happen to have.',
  paper: {
    title:
      'Model soups: averaging weights of multiple fine-tuned models improves accuracy without ' +
      'increasing inference time',
    authors: 'Wortsman et al.',
    year: 2022,
    reference: 'arXiv:2203.05482',
    equations: 'Uniform soup',
    deviations: 'Batch-norm statistics are averaged too.',
  },
  fields: {},
  *merge({ models }) {
    yield 0;
    return { kind: 'parameters', merged: averageParameters(models), ends: [models[0], models[1]] };
  },
});
