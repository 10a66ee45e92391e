import { addedVectors } from './task-vectors.ts';

/**
 * Step 2 of TIES: the sign of the weighted sum of the trimmed vectors, entry by entry.
 *
 * @param zero the sign of a sum of 0.
 */
export function elect(trimmed: readonly Float32Array[], weights: readonly number[], zero: number): Float32Array {
  const signs = new Float32Array(trimmed[0].length);
  for (let at = 0; at < signs.length; at += 1) {
    let sum = 0;
    for (let task = 0; task < trimmed.length; task += 1) sum += weights[task] * trimmed[task][at];
    signs[at] = Math.sign(sum) || zero;
  }
  return signs;
}

/**
 * Step 3: the weighted mean (or sum) of the trimmed entries that have the elected sign; 0 where none has. Where no sign
 * could be elected, negative entries count as agreeing, as in the authors' code.
 */
export function disjointMerge(
  trimmed: readonly Float32Array[],
  weights: readonly number[],
  signs: Float32Array,
  combine: 'mean' | 'sum',
): Float32Array {
  const merged = new Float32Array(signs.length);
  for (let at = 0; at < signs.length; at += 1) {
    let sum = 0;
    let total = 0;
    for (let task = 0; task < trimmed.length; task += 1) {
      const value = trimmed[task][at];
      if (signs[at] > 0 ? value <= 0 : value >= 0) continue;
      sum += weights[task] * value;
      total += weights[task];
    }
    merged[at] = combine === 'sum' ? sum : total === 0 ? 0 : sum / total;
  }
  return merged;
}

/**
 * θ0 + λ times what sparse task vectors become: their weighted sum (`add`), or the mean (`elect`) or sum (`elect and
 * add`) of the entries that agree with the elected signs. A sum of 0 counts as +, as in mergekit.
 */
export function addedJoined(
  start: Float32Array,
  vectors: readonly Float32Array[],
  weights: readonly number[],
  how: 'add' | 'elect' | 'elect and add',
  lambda: number,
): Float32Array {
  if (how === 'add') return addedVectors(start, vectors, lambda, weights);
  const signs = elect(vectors, weights, 1);
  return addedVectors(start, [disjointMerge(vectors, weights, signs, how === 'elect' ? 'mean' : 'sum')], lambda);
}
