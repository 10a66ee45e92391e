import type { Schedule } from '../../../engine/optimisers/schedules.ts';

/** Steps of one cycle when so many steps are cut into cycles: ⌈T/M⌉. */
export const cycleLength = (steps: number, cycles: number): number => Math.ceil(steps / cycles);

/**
 * The rate of cyclic cosine annealing (Huang et al. 2017, eq. 2; there t = step + 1):
 * α(t) = α₀/2 · (cos(π · mod(t − 1, ⌈T/M⌉) / ⌈T/M⌉) + 1).
 */
export function cyclicCosine(lr: number, steps: number, cycles: number): Schedule {
  const length = cycleLength(steps, cycles);
  return (step) => (lr / 2) * (Math.cos((Math.PI * (step % length)) / length) + 1);
}

/**
 * The steps after which cycles end; the last is that of the training.
 *
 * @throws Error where there are not enough steps for so many cycles.
 */
export function cycleEnds(steps: number, cycles: number): readonly number[] {
  const length = cycleLength(steps, cycles);
  if ((cycles - 1) * length >= steps)
    throw new Error(`${steps} steps do not make ${cycles} cycles of ${length}: choose fewer cycles.`);
  return Array.from({ length: cycles }, (_, k) => (k === cycles - 1 ? steps : (k + 1) * length));
}

/**
 * The rate of fast geometric ensembling (Garipov et al. 2018, eq. 5): straight from α₁ down to α₂ in the middle of a
 * cycle and up again.
 *
 * @param epoch since the cycles began, with its fraction
 */
export function triangularRate(epoch: number, cycle: number, high: number, low: number): number {
  const place = (epoch % cycle) / cycle;
  return high + (low - high) * (1 - Math.abs(1 - 2 * place));
}
