import type { NamedArrays } from '../../../engine/types.ts';

/** Entry by entry mean of networks of one architecture. */
export function averageParameters(models: readonly NamedArrays[]): NamedArrays {
  return Object.fromEntries(
    Object.keys(models[0]).map((name) => [
      name,
      models[0][name].map((_, at) => models.reduce((sum, model) => sum + model[name][at], 0) / models.length),
    ]),
  );
}
