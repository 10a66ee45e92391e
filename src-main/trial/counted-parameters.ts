import type { Predictor } from '../methods/contract.ts';

/**
 * Trained parameters of all networks that a predictor answers with, those once that several have in common; null where
 * it does not say which.
 */
export function countedParameters(predictor: Predictor | undefined): number | null {
  if (predictor?.uses === undefined || predictor.uses === 'native') return null;
  const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
  const seen = new Set<object>();
  let count = 0;
  for (const { network, values } of predictor.uses)
    for (const { name, shape } of network.params) {
      if (!seen.has(values[name])) count += size(shape);
      seen.add(values[name]);
    }
  return count;
}
