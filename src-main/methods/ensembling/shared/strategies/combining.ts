import { z } from 'zod';
import { AVERAGES, averagingWeights } from '../averaging.ts';
import { selectGreedily, selectionNll } from '../../greedy-selection.ts';
import { applied } from '../linear-models.ts';
import type { Features } from '../linear-models.ts';
import { classification, regression, SECOND_LEVEL } from '../second-level.ts';
import { stackedFeatures } from '../../stacking.ts';
import { equalMean, normalised, strategy, weightedMean } from './strategy.ts';
import type { Predictions, Strategy } from './strategy.ts';

const BOTH = ['probabilities', 'numbers'] as const;

const average = strategy({
  id: 'average',
  title: 'Equal weights',
  kinds: BOTH,
  schema: z.object({}),
  fit: ({ models }) => ({ apply: equalMean, weights: models.map(() => 1 / models.length) }),
});

const greedy = strategy({
  id: 'greedy',
  title: 'Greedy selection (Caruana et al. 2004)',
  kinds: BOTH,
  schema: z.object({
    size: z.number().int().min(1).max(500).default(50).describe('Models that are chosen, with replacement'),
    initial: z.number().int().min(0).max(50).default(1).describe('Best single models to begin with'),
    best: z.boolean().default(true).describe('Keep the beginning of the path with the least loss'),
  }),
  fit({ models, target }, { size, initial, best }) {
    const [{ kind, width }] = models;
    const squared = (mean: Float64Array): number =>
      mean.reduce((sum, value, row) => sum + (value - target[row]) ** 2, 0) / target.length;
    const { order, trajectory } = selectGreedily(
      models.map(({ values }) => values),
      Int32Array.from(target),
      width,
      { size, initial, loss: kind === 'numbers' ? squared : selectionNll },
    );
    const length = best ? trajectory.indexOf(Math.min(...trajectory)) + 1 : order.length;
    const weights = models.map((_, model) => order.slice(0, length).filter((one) => one === model).length / length);
    return {
      apply: (given) => weightedMean(given, weights),
      weights,
      path: { order, losses: trajectory },
      note: `${length} of ${order.length} steps are kept.`,
    };
  },
});

export const averaging = strategy({
  id: 'model-averaging',
  title: 'Weights by least squares (short-stacking)',
  kinds: BOTH,
  schema: z.object({
    weights: z.enum(AVERAGES).default('convex').describe('convex (≥ 0 with sum 1), non-negative, single-best or equal'),
  }),
  fit({ models, target }, { weights: which }) {
    const [{ kind, width }] = models;
    const wanted =
      kind === 'numbers'
        ? target
        : Float64Array.from(models[0].values, (_, at) => (target[Math.floor(at / width)] === at % width ? 1 : 0));
    const weights = averagingWeights(
      models.map(({ values }) => values),
      wanted,
      which,
    );
    return {
      apply: (given) => {
        const mean = weightedMean(given, weights);
        return kind === 'numbers' ? mean : normalised(mean);
      },
      weights: [...weights],
    };
  },
});

const stacking = strategy({
  id: 'stacking',
  title: 'Stacking by a linear model (Wolpert 1992)',
  kinds: BOTH,
  schema: z.object({
    learner: z
      .enum(SECOND_LEVEL)
      .optional()
      .describe('Linear model of all answers side by side')
      .meta({ defaultMeans: 'logistic of classes, ridge of numbers' }),
    strength: z.number().min(1e-6).max(1e4).default(1).describe('Weight of the rows against the penalty'),
  }),
  fit({ models, target }, { learner, strength }) {
    const [{ kind, width }] = models;
    if (kind === 'numbers') {
      const level = learner === undefined || learner === 'logistic' ? 'ridge' : learner;
      const model = regression(level, sideBySide(models), [target], strength);
      return {
        apply: (given) => ({ ...given[0], values: applied(model, sideBySide(given)) }),
        parameters: { coefficients: [...(model[0] ?? [])] },
      };
    }
    const level = learner ?? 'logistic';
    const features = (of: readonly Predictions[]): Features =>
      stackedFeatures(
        of.map(({ values }) => values.map(Math.log)),
        width,
        level,
      );
    const model = classification(level, features(models), Int32Array.from(target), width, strength);
    return {
      apply: (given) => {
        const out = applied(model, features(given));
        return level === 'logistic'
          ? { ...given[0], values: softmax(out, width) }
          : normalised({ ...given[0], values: out });
      },
      ...(level === 'logistic' ? {} : { note: 'Scores below 0 count as 0, and rows are divided by their sums.' }),
    };
  },
});

/** Numbers of all models as columns. */
export function sideBySide(models: readonly Predictions[]): Features {
  const { rows } = models[0];
  const width = models.length;
  const values = new Float64Array(rows * width);
  for (const [model, { values: own }] of models.entries())
    for (let row = 0; row < rows; row += 1) values[row * width + model] = own[row];
  return { rows, width, values };
}

export function softmax(logits: ArrayLike<number>, width: number): Float64Array {
  const out = Float64Array.from(logits);
  for (let at = 0; at < out.length; at += width) {
    const row = out.subarray(at, at + width);
    const largest = row.reduce((most, value) => Math.max(most, value), -Infinity);
    const sum = row.reduce((total, value) => total + Math.exp(value - largest), 0);
    for (let k = 0; k < width; k += 1) row[k] = Math.exp(row[k] - largest) / sum;
  }
  return out;
}

export const COMBINING: readonly Strategy[] = [average, greedy, averaging, stacking];
