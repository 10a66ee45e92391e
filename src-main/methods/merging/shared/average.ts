import type { NamedArrays } from '../../../engine/types.ts';
import { weightedMean } from './sums.ts';

/** Entry by entry mean of networks of one architecture; Σ w_t θ_t / Σ w_t where models have weights. */
export const averageParameters = (models: readonly NamedArrays[], weights = models.map(() => 1)): NamedArrays =>
  Object.fromEntries(
    Object.keys(models[0]).map((name) => [
      name,
      new Float32Array(
        weightedMean(
          models.map((model) => model[name]),
          weights,
        ),
      ),
    ]),
  );
