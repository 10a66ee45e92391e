import { averaging } from './shared/strategies/combining.ts';
import { defineStrategyMethod } from './shared/strategies/fitted.ts';

/**
 * Model averaging as Ahrens, Hansen, Schaffer and Wiemann (2025) have it: short-stacking. Every model is trained once
 * for each fold, and one least-squares regression on the answers out of fold of all rows gives one weight a model.
 */
export default defineStrategyMethod(
  {
    id: 'model-averaging',
    version: 1,
    title: 'Model averaging (short-stacking)',
    summary: 'A weighted mean of models; the weights are at least 0, sum to 1, and fit answers out of fold best.',
    paper: {
      title: 'Model Averaging and Double Machine Learning',
      authors: 'Ahrens, Hansen, Schaffer, Wiemann',
      year: 2025,
      reference: 'arXiv:2401.01645',
      equations: 'Short-stacking: one constrained least-squares regression on the cross-fitted answers of all rows',
      deviations:
        'The answers themselves are judged, not an effect that is estimated with their help. Of classes the ' +
        'probability of each is a number to be told (0 or 1), with one weight a model for all of them. The networks ' +
        'that answer are trained on all training rows. Pooled stacking is the same here, for there is one set of ' +
        'folds; conventional stacking, with weights for each fold, is left out.',
    },
    targets: ['classes', 'numbers'],
  },
  averaging,
);
