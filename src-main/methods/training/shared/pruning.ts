/** When and how far weights are pruned. */
export interface GradualSchedule {
  readonly initial: number;
  readonly final: number;
  /** Step of the first pruning, steps between two, and how many follow the first. */
  readonly begin: number;
  readonly every: number;
  readonly times: number;
}

/** The steps at which weights are pruned: t0, t0 + Δt, …, t0 + nΔt. */
export const pruningSteps = ({ begin, every, times }: GradualSchedule): readonly number[] =>
  Array.from({ length: times + 1 }, (_, k) => begin + k * every);

/**
 * Share of the weights that are 0 after a step (Zhu & Gupta 2017, eq. 1): s_f + (s_i − s_f)(1 − (t − t0)/(nΔt))³
 * between t0 and t0 + nΔt, and what it is at the nearer end outside.
 */
export function gradualSparsity(step: number, { initial, final, begin, every, times }: GradualSchedule): number {
  const done = Math.min(1, Math.max(0, (step - begin) / (every * times)));
  return final + (initial - final) * (1 - done) ** 3;
}

/** 0 for the ⌊share · n⌋ weights of the smallest magnitude (of equal ones, the earlier), 1 for the others. */
export function magnitudeMask(weights: Float32Array, share: number): Float32Array {
  const pruned = Math.floor(share * weights.length);
  const sizes = weights.map(Math.abs);
  const ordered = sizes.slice().sort();
  const limit = pruned === 0 ? 0 : ordered[pruned - 1];
  let ties = pruned - ordered.findIndex((size) => size === limit);
  return sizes.map((size) => {
    if (pruned === 0 || size > limit) return 1;
    if (size < limit) return 0;
    ties -= 1;
    return ties >= 0 ? 0 : 1;
  });
}
