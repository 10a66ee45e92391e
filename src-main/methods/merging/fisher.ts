import { z } from 'zod';
import type { NamedArrays } from '../../engine/types.ts';
import { averageParameters } from './shared/average.ts';
import { defineMergingMethod } from './shared/define.ts';
import { checkAlike } from './shared/task-vectors.ts';

export interface FisherOptions {
  /** Weight c_t of each model; all 1 unless told. */
  readonly coefficients?: readonly number[];
  /** Every model's Fisher information is brought to norm 1 over the whole net first. */
  readonly normalise: boolean;
  /** The least that a Fisher information counts as, before it is normalised. */
  readonly floor: number;
  /** Whose: of the first model, which is the target of the merge, or of every one. */
  readonly floorOn: 'target' | 'all';
}

/**
 * Fisher-weighted averaging (Matena & Raffel 2022, equation 5): θ = Σ_t c_t F_t θ_t / Σ_t c_t F_t, entry by entry.
 * Where no model's answers hang on an entry, the floor decides: the target model's value, or a mean of all.
 *
 * @param fishers diagonal Fisher information, one set a model, of the tensors that are merged; others are ignored.
 *   Tensors of which no model has one, running statistics, are averaged.
 * @throws RangeError when models differ, or a Fisher information lacks a tensor or has another number of entries.
 */
export function fisherMerge(
  models: readonly NamedArrays[],
  fishers: readonly NamedArrays[],
  { coefficients, normalise, floor, floorOn }: FisherOptions,
): NamedArrays {
  checkAlike(models);
  const names = Object.keys(models[0]);
  // Running statistics have no gradient.
  const weighed = names.filter((name) => fishers.some((fisher) => fisher[name] !== undefined));
  fishers.forEach((fisher, model) => {
    for (const name of weighed)
      if (fisher[name]?.length !== models[0][name].length)
        throw new RangeError(
          `The Fisher information of model ${model} has ${String(fisher[name]?.length ?? 'no')} entries for ${name}, ` +
            `which has ${models[0][name].length}.`,
        );
  });
  const scales = fishers.map((fisher, model) => {
    const norm = Math.sqrt(weighed.reduce((sum, name) => fisher[name].reduce((part, f) => part + f * f, sum), 0));
    return (coefficients?.[model] ?? 1) / (normalise && norm > 0 ? norm : 1);
  });
  const average = averageParameters(models);
  const least = fishers.map((_, model) => (model === 0 || floorOn === 'all' ? floor : 0));
  const merged = Object.fromEntries(
    weighed.map((name) => [
      name,
      models[0][name].map((target, at) => {
        let [above, below] = [0, 0];
        models.forEach((model, index) => {
          const weight = scales[index] * Math.max(fishers[index][name][at], least[index]);
          above += weight * model[name][at];
          below += weight;
        });
        return below > 0 ? above / below : target;
      }),
    ]),
  );
  return { ...average, ...merged };
}

export default defineMergingMethod({
  id: 'fisher',
  version: 1,
  title: 'Fisher merging',
  summary: "Averages every parameter by how much each model's own answers hang on it: by its Fisher information.",
  paper: {
    title: 'Merging Models with Fisher-Weighted Averaging',
    authors: 'Matena, Raffel',
    year: 2022,
    reference: 'arXiv:2111.09832',
    equations:
      "Equations 4 and 5: the diagonal, labels expected over the model's own distribution; norms as in its code",
    deviations: 'All models have the same coefficient: none is searched on validation data. Heads are not merged.',
  },
  fields: {
    examples: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(256)
      .describe('Training inputs of each task for the Fisher information'),
    normalise: z.boolean().default(true).describe("Whether each model's Fisher information is brought to norm 1"),
    floor: z.number().min(0).max(1).default(1e-6).describe('The least that a Fisher information counts as'),
    floorOn: z
      .enum(['target', 'all'])
      .default('target')
      .describe('Whose: of the first model, to which others are added, or of all'),
  },
  asks: ['training-inputs'],
  statistics: ({ examples }) => ({ fishers: examples }),
  async *merge({ models, statistics }, { normalise, floor, floorOn }) {
    const fishers: NamedArrays[] = [];
    for (const index of models.keys()) {
      fishers.push(await statistics.fishers(index));
      yield (index + 1) / (models.length + 1);
    }
    return { kind: 'parameters', merged: fisherMerge(models, fishers, { normalise, floor, floorOn }) };
  },
});
