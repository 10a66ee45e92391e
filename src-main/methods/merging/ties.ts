import { z } from 'zod';
import type { NamedArrays } from '../../engine/types.ts';
import { defineMergingMethod } from './shared/define.ts';
import { kthMagnitude } from './shared/magnitudes.ts';
import { addedTo, taskVectors } from './shared/task-vectors.ts';

export interface TiesOptions {
  /** Share of the entries of a task vector that is kept. */
  readonly density: number;
  readonly lambda: number;
  /** Whether the largest entries are looked for in the whole net or in each tensor. */
  readonly scope: 'global' | 'tensor';
  /**
   * `official`: everything not below the (n − ⌊n·density⌋)-th smallest magnitude, which is one entry more, or several
   * where magnitudes are equal. `exact`: ⌊n·density⌋ entries, the first ones among equals. `at-least-1`: the same, but
   * never none.
   */
  readonly keep: 'official' | 'exact' | 'at-least-1';
  /** How entries that agree with the elected sign become one. */
  readonly combine: 'mean' | 'sum';
}

/**
 * TIES-Merging (Yadav et al. 2023, algorithm 1): θ0 + λ τ_m, where τ_m comes from trimmed task vectors by an
 * election of signs and a mean over the entries that agree.
 *
 * @throws RangeError when models and base have different tensors, or one has NaN.
 */
export function ties(base: NamedArrays, models: readonly NamedArrays[], options: TiesOptions): NamedArrays {
  const trimmed = taskVectors(models, base).map((vector) => trim(vector, options));
  const signs = elect(trimmed, options.keep === 'official');
  return addedTo(base, [disjointMerge(trimmed, signs, options.combine)], options.lambda);
}

/** Step 1: keeps the entries of largest magnitude, the rest becomes 0. Tensors count in the order of their names. */
export function trim(
  vector: NamedArrays,
  { density, scope, keep }: Omit<TiesOptions, 'lambda' | 'combine'>,
): NamedArrays {
  // The authors' function can't keep everything; there is nothing to trim then.
  if (density >= 1) return vector;
  const names = Object.keys(vector).sort();
  const groups = scope === 'global' ? [names] : names.map((name) => [name]);
  return Object.fromEntries(groups.flatMap((group) => trimTogether(vector, group, density, keep)));
}

function trimTogether(
  vector: NamedArrays,
  names: readonly string[],
  density: number,
  keep: TiesOptions['keep'],
): [string, Float32Array][] {
  const arrays = names.map((name) => vector[name]);
  const count = arrays.reduce((sum, { length }) => sum + length, 0);
  const wanted = Math.max(Math.floor(count * density), keep === 'at-least-1' ? 1 : 0);
  if (keep === 'official') {
    const threshold = kthMagnitude(arrays, count - wanted);
    return names.map((name) => [name, vector[name].map((value) => (Math.abs(value) >= threshold ? value : 0))]);
  }
  if (wanted === 0) return names.map((name) => [name, new Float32Array(vector[name].length)]);
  const threshold = kthMagnitude(arrays, count - wanted + 1);
  const above = arrays.reduce((sum, array) => sum + array.filter((value) => Math.abs(value) > threshold).length, 0);
  let equals = wanted - above;
  return names.map((name) => [
    name,
    vector[name].map((value) => {
      if (Math.abs(value) === threshold) return (equals -= 1) >= 0 ? value : 0;
      return Math.abs(value) > threshold ? value : 0;
    }),
  ]);
}

/**
 * Step 2: the sign of the sum of the trimmed vectors, entry by entry. A sum of 0 takes the sign that most other entries
 * of the net have (`byMajority`, the authors' code), or +.
 */
export function elect(trimmed: readonly NamedArrays[], byMajority: boolean): NamedArrays {
  const signs = Object.fromEntries(
    Object.keys(trimmed[0]).map((name) => [
      name,
      trimmed[0][name].map((_, at) => Math.sign(trimmed.reduce((sum, vector) => sum + vector[name][at], 0))),
    ]),
  );
  const total = Object.values(signs).reduce((sum, array) => sum + array.reduce((a, b) => a + b, 0), 0);
  const zero = byMajority ? Math.sign(total) : 1;
  return Object.fromEntries(Object.entries(signs).map(([name, array]) => [name, array.map((sign) => sign || zero)]));
}

/**
 * Step 3: the mean (or sum) of the trimmed entries that have the elected sign; 0 where none has. Where no sign could be
 * elected, negative entries count as agreeing, as in the authors' code.
 */
export function disjointMerge(
  trimmed: readonly NamedArrays[],
  signs: NamedArrays,
  combine: TiesOptions['combine'],
): NamedArrays {
  return Object.fromEntries(
    Object.entries(signs).map(([name, elected]) => [
      name,
      elected.map((sign, at) => {
        const agreeing = trimmed
          .map((vector) => vector[name][at])
          .filter((value) => (sign > 0 ? value > 0 : value < 0));
        const sum = agreeing.reduce((a, b) => a + b, 0);
        return combine === 'mean' ? sum / Math.max(agreeing.length, 1) : sum;
      }),
    ]),
  );
}

export default defineMergingMethod({
  id: 'ties',
  version: 1,
  title: 'TIES-Merging',
  summary: 'Keeps the largest changes of each model, elects a sign for every entry and averages those that agree.',
  paper: {
    title: 'TIES-Merging: Resolving Interference When Merging Models',
    authors: 'Yadav et al.',
    year: 2023,
    reference: 'arXiv:2306.01708',
    equations: 'Algorithm 1',
    deviations:
      "Follows the authors' code where it differs from the text: the threshold is of the whole net, one entry more " +
      'than the share is kept, a sum of zero takes the sign of the majority.',
  },
  needsStart: true,
  fields: {
    density: z.number().min(0.001).max(1).default(0.2).describe('Share of the entries of a task vector that is kept'),
    lambda: z.number().min(0).max(3).default(1).describe('Scale λ of the merged task vector'),
    scope: z
      .enum(['global', 'tensor'])
      .default('global')
      .describe('Largest entries of the whole net or of each tensor'),
    keep: z
      .enum(['official', 'exact', 'at-least-1'])
      .default('official')
      .describe("How many entries the share is: as in the authors' code, exactly, or exactly but never none"),
    combine: z.enum(['mean', 'sum']).default('mean').describe('What becomes of entries that agree'),
  },
  *merge({ base, models }, options) {
    yield 0;
    return { kind: 'parameters', merged: ties(base, models, options) };
  },
});
