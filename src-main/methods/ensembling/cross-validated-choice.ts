import { libraryFields } from './shared/library.ts';
import { crossValidated } from './shared/strategies/cross-validated.ts';
import { defineStrategyMethod } from './shared/strategies/fitted.ts';

/**
 * The choice among ways to combine by cross-validation (Hasson et al. 2023): each of a family of stacked
 * generalisations, of growing freedom, is fitted on all folds of the answers out of fold but one and tried on that one;
 * the one of the least loss is fitted again to all rows.
 */
export default defineStrategyMethod(
  {
    id: 'cross-validated-choice',
    version: 1,
    title: 'Cross-validated choice of an ensemble',
    summary:
      'Single best, equal weights, convex weights, greedy selection or stacking: whichever has the least loss by ' +
      'cross-validation of answers out of fold.',
    paper: {
      title: 'Theoretical Guarantees of Learning Ensembling Strategies with Applications to Time Series Forecasting',
      authors: 'Hasson, Maddix, Wang, Gupta, Park',
      year: 2023,
      reference: 'arXiv:2305.15786',
      equations: 'The choice among a (finite) family of stacked generalisations by cross-validated performance',
      deviations:
        'Its family for time series lets weights differ over items, time stamps and quantiles; rows of a table have ' +
        'none of these, and the family here goes from one model to a linear model of all answers.',
    },
    targets: ['classes', 'numbers'],
    fields: {
      folds: libraryFields.folds.describe('Folds of the training rows, for answers out of fold and the choice'),
    },
  },
  crossValidated,
);
