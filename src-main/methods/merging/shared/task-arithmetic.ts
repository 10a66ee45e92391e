import type { NamedArrays } from '../../../engine/types.ts';
import { addedTo, taskVectors } from './task-vectors.ts';

/**
 * θ0 + λ Σ_t w_t (θ_t − θ0): addition for λ > 0, negation (forgetting what the models learned) for λ < 0. λ = 1/T with
 * T models is their plain average.
 *
 * @param weights w_t, one a model; all 1 unless told.
 * @throws RangeError when models and base have different tensors.
 */
export function taskArithmetic(
  base: NamedArrays,
  models: readonly NamedArrays[],
  lambda: number,
  weights?: readonly number[],
): NamedArrays {
  return addedTo(base, taskVectors(models, base), lambda, weights);
}
