import type { NamedArrays } from '../../../engine/types.ts';
import type { SuiteFacts } from '../../contract.ts';
import { weightedSum } from './sums.ts';

/** Decays of the exponential moving averages that are tried. */
export const DECAYS = [0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95] as const;

/** Why a suite has no checkpoints of one run, in their order, or true. */
export const hasCheckpoints = ({ id, experts }: SuiteFacts): true | string =>
  experts?.members[0]?.artefact !== undefined || `${id} has no checkpoints of one run.`;

/**
 * The exponential moving average over checkpoints as coefficients that add up to 1: e_1 = θ_1,
 * e_i = γ e_{i−1} + (1 − γ) θ_i. γ = 0 is the last checkpoint.
 */
export function averagingCoefficients(checkpoints: number, decay: number): Float64Array {
  return Float64Array.from(
    { length: checkpoints },
    (_, at) => (at === 0 ? 1 : 1 - decay) * decay ** (checkpoints - 1 - at),
  );
}

/** Σ_i α_i θ_i, tensor by tensor; sums in double precision. */
export const combination = (checkpoints: readonly NamedArrays[], alpha: ArrayLike<number>): NamedArrays =>
  Object.fromEntries(
    Object.keys(checkpoints[0]).map((name) => [
      name,
      new Float32Array(
        weightedSum(
          checkpoints.map((checkpoint) => checkpoint[name]),
          alpha,
        ),
      ),
    ]),
  );
