import { z } from 'zod';
import { fitMetaBlend } from '../meta-blend.ts';
import { augmented, withVariance, withoutRedundant } from '../regularised-meta.ts';
import { sideBySide } from './combining.ts';
import { strategy } from './strategy.ts';
import type { Predictions } from './strategy.ts';

/** Regularized Meta-Learning in its four stages, in units in which the target has a standard deviation of 1. */
export const META = strategy({
  id: 'regularised-meta',
  title: 'Regularized Meta-Learning: redundant models left out, ridge, lasso and elastic net blended',
  kinds: ['numbers'],
  schema: z.object({
    correlated: z.number().min(0).max(1).default(0.95).describe('Correlation from which two models may be one'),
    close: z
      .number()
      .min(0)
      .max(10)
      .default(0.01)
      .describe('Mean squared difference up to which they are, in variances'),
  }),
  fit({ models, target }, bounds) {
    const mean = target.reduce((sum, value) => sum + value, 0) / target.length;
    const variance = target.reduce((sum, value) => sum + (value - mean) ** 2, 0) / target.length;
    const sd = variance > 0 ? Math.sqrt(variance) : 1;
    const scaled = (of: readonly Predictions[]) => {
      const { values, ...rest } = sideBySide(of);
      return { ...rest, values: Float64Array.from(values, (value) => (value - mean) / sd) };
    };
    const x = scaled(models);
    const wanted = target.map((value) => (value - mean) / sd);
    const kept = withoutRedundant(x, wanted, bounds);
    const varied = withVariance(x, kept);
    const columns = varied.length > 0 ? varied : kept;
    const { weights, intercept, errors, shares } = fitMetaBlend(augmented(x, columns), wanted);
    const [ridge, lasso, net] = errors.map((error) => error * sd);
    return {
      apply: (given) => {
        const wide = augmented(scaled(given), columns);
        const values = Float64Array.from({ length: wide.rows }, (_, row) => {
          let told = intercept;
          for (let j = 0; j < wide.width; j += 1) told += weights[j] * wide.values[row * wide.width + j];
          return mean + sd * told;
        });
        return { ...given[0], values };
      },
      parameters: { kept: columns, 'rmse out of fold': [ridge, lasso, net], shares },
      note: `${columns.length} of ${models.length} models are kept; RMSE out of fold: ridge ${ridge.toPrecision(4)}, lasso ${lasso.toPrecision(4)}, elastic net ${net.toPrecision(4)}.`,
    };
  },
});
