import { weightedSum } from './sums.ts';
import { addedVectors } from './task-vectors.ts';

/**
 * Step 2 of TIES: the sign of the weighted sum of the trimmed vectors, entry by entry.
 *
 * @param zero the sign of a sum of 0.
 */
export function elect(trimmed: readonly Float32Array[], weights: readonly number[], zero: number): Float32Array {
  const sum = weightedSum(trimmed, weights);
  const signs = new Float32Array(sum.length);
  for (let at = 0; at < signs.length; at += 1) signs[at] = sum[at] > 0 ? 1 : sum[at] < 0 ? -1 : zero;
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
  const sum = new Float64Array(signs.length);
  const total = new Float64Array(signs.length);
  trimmed.forEach((vector, task) => {
    const weight = weights[task];
    for (let at = 0; at < vector.length; at += 1) {
      const value = vector[at];
      if (signs[at] > 0 ? value > 0 : value < 0) {
        sum[at] += weight * value;
        total[at] += weight;
      }
    }
  });
  if (combine === 'mean')
    for (let at = 0; at < sum.length; at += 1) sum[at] = total[at] === 0 ? 0 : sum[at] / total[at];
  return new Float32Array(sum);
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
