import { convexWeights, coordinateDescent, quadraticOf } from './quadratic.ts';

export const AVERAGES = ['convex', 'non-negative', 'single-best', 'equal'] as const;
export type Average = (typeof AVERAGES)[number];

/**
 * One weight a model by least squares of what is to be told on what the models told out of fold (Ahrens et al. 2025,
 * short-stacking): over w ≥ 0 with Σw = 1 (their nnls1), over w ≥ 0, the model with the least error, or equal weights.
 *
 * @param told of each model, values of all rows
 */
export function averagingWeights(
  told: readonly ArrayLike<number>[],
  target: ArrayLike<number>,
  average: Average,
): Float64Array {
  const size = told.length;
  if (average === 'equal') return new Float64Array(size).fill(1 / size);
  if (average === 'single-best') {
    const errors = told.map((own) => Array.from(own).reduce((sum, value, at) => sum + (value - target[at]) ** 2, 0));
    const best = errors.indexOf(Math.min(...errors));
    return Float64Array.from(told, (_, model) => (model === best ? 1 : 0));
  }
  const values = new Float64Array(target.length * size);
  for (const [model, own] of told.entries())
    for (let at = 0; at < target.length; at += 1) values[at * size + model] = own[at];
  const quadratic = quadraticOf({ rows: target.length, width: size, values }, target);
  return average === 'convex' ? convexWeights(quadratic) : coordinateDescent(quadratic, { positive: true });
}
