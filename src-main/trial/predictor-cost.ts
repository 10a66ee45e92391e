import type { Outcome, Predictor, TrialEvent } from '../methods/contract.ts';
import type { Cost } from '../metrics/primitives.ts';

/** What is counted of the predictor that a trial ends with; null where it has none, or is none of networks. */
export type PredictorCost = Pick<Cost, 'parameters' | 'inferenceFlops'>;
export const NOT_COUNTED: PredictorCost = { parameters: null, inferenceFlops: null };

/** What a suite is about to ask. */
export function answeringOf(step: IteratorResult<TrialEvent, Outcome>): Predictor | undefined {
  if (step.done === true) return step.value.predictor;
  return step.value.kind === 'evaluate' ? step.value.predictor : undefined;
}

/**
 * Trained parameters of all networks that a predictor answers with, those once that several have in common; null where
 * it does not say which.
 */
export function parametersOf(predictor: Predictor | undefined): number | null {
  if (predictor?.uses === undefined || predictor.uses === 'native') return null;
  const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
  const counted = new Map<object, number>();
  for (const { network, values } of predictor.uses)
    for (const { name, shape } of network.params) if (name in values) counted.set(values[name], size(shape));
  return [...counted.values()].reduce((sum, count) => sum + count, 0);
}
