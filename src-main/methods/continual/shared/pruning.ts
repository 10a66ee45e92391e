/** In `owners`: the weight belongs to no task yet. Task t owns the weights with t + 1. */
export const FREE = 0;

/**
 * PackNet's pruning of one layer (Mallya & Lazebnik 2018, section 3): of the weights that are free, the share with the
 * smallest magnitudes stays free, and the others are owned by `task` from now on. Answers the owners after that; of
 * equal magnitudes the first stay free.
 */
export function claimed(
  weights: ArrayLike<number>,
  owners: ArrayLike<number>,
  task: number,
  share: number,
): Float32Array {
  const free = Array.from({ length: weights.length }, (_, i) => i).filter((i) => owners[i] === FREE);
  const order = free.sort((a, b) => Math.abs(weights[a]) - Math.abs(weights[b]) || a - b);
  const after = Float32Array.from(owners);
  for (const i of order.slice(Math.floor(share * order.length))) after[i] = task + 1;
  return after;
}
