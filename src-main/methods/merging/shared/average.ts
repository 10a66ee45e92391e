import type { NamedArrays } from '../../../engine/types.ts';

/** Entry by entry mean of networks of one architecture; Σ w_t θ_t / Σ w_t where models have weights. */
export function averageParameters(models: readonly NamedArrays[], weights = models.map(() => 1)): NamedArrays {
  const total = weights.reduce((a, b) => a + b, 0);
  return Object.fromEntries(
    Object.keys(models[0]).map((name) => [
      name,
      models[0][name].map(
        (_, at) => models.reduce((sum, model, index) => sum + weights[index] * model[name][at], 0) / total,
      ),
    ]),
  );
}
