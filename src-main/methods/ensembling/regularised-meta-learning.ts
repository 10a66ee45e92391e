import { libraryFields } from './shared/library.ts';
import { defineStrategyMethod } from './shared/strategies/fitted.ts';
import { META } from './shared/strategies/regularised-meta.ts';

/**
 * Regularized Meta-Learning in its four stages: models that tell again what a better one tells are left out; what the
 * others say of a row is joined by its mean, deviation, median, range and two products; ridge, lasso and elastic net
 * are fitted to that, each with its penalty by cross-validation; and the three are blended by 1/RMSE.
 */
export default defineStrategyMethod(
  {
    id: 'regularised-meta-learning',
    version: 1,
    title: 'Regularized Meta-Learning',
    summary:
      'Stacking of numbers in four stages: redundant models left out, meta-features, penalised regressions, a blend.',
    paper: {
      title: 'Regularized Meta-Learning for Improved Generalization',
      authors: 'Mohammad, Meherab',
      year: 2026,
      reference: 'arXiv:2602.12469',
      equations: 'Stages 1 to 4, with bounds, meta-features and grids as in the authors’ code (nislam-sm/metal)',
      deviations:
        'The bounds of stage 1 hold for a target in units of its standard deviation, for they depend on units. Folds ' +
        'of stage 3 are by the number of the row. The library has networks of two training methods, not 72 models.',
    },
    targets: ['numbers'],
    fields: {
      networks: libraryFields.networks.default(4).describe('Networks of each of the two ordinary methods for numbers'),
    },
  },
  META,
);
