import { EngineError } from '../types.ts';

/** Learning rate as a function of the step, counted from 0. */
export type Schedule = (step: number) => number;

/** What a schedule looks like in a suite's or method's description. Steps are optimiser steps. */
export type ScheduleSpec =
  | { readonly kind: 'constant' }
  /** Multiplied by `factor` at each milestone reached. */
  | { readonly kind: 'step'; readonly milestones: readonly number[]; readonly factor: number }
  /** Half a cosine from the base rate to `final` (default 0) over `steps` (Loshchilov & Hutter 2017, one cycle). */
  | { readonly kind: 'cosine'; readonly steps: number; readonly final?: number }
  /** From 0 at step 0 straight up to the base rate at step `rise`, and straight down to 0 at `steps`. */
  | { readonly kind: 'triangle'; readonly rise: number; readonly steps: number };

/**
 * The schedule of a specification at base rate `lr`, with an optional linear warm-up. During the first `warmup` steps
 * the rate is (step + 1)/warmup of what the schedule gives at that step.
 *
 * @throws EngineError when numbers are out of range.
 */
export function schedule(spec: ScheduleSpec, lr: number, warmup = 0): Schedule {
  if (!(lr > 0)) throw new EngineError(`A learning rate must be above 0; got ${lr}.`);
  if (!Number.isInteger(warmup) || warmup < 0)
    throw new EngineError(`Warm-up is a whole number of steps ≥ 0; got ${warmup}.`);
  const base = baseSchedule(spec, lr);
  return warmup === 0 ? base : (step) => base(step) * Math.min(1, (step + 1) / warmup);
}

function baseSchedule(spec: ScheduleSpec, lr: number): Schedule {
  switch (spec.kind) {
    case 'constant':
      return () => lr;
    case 'step': {
      const { milestones, factor } = spec;
      if (milestones.some((milestone, index) => index > 0 && milestone <= milestones[index - 1]))
        throw new EngineError(`Milestones must ascend; got ${milestones.join(', ')}.`);
      return (step) => lr * factor ** milestones.filter((milestone) => step >= milestone).length;
    }
    case 'cosine': {
      const { steps, final = 0 } = spec;
      if (!(steps >= 1)) throw new EngineError(`A cosine schedule needs at least one step; got ${steps}.`);
      return (step) => final + ((lr - final) * (1 + Math.cos((Math.PI * Math.min(step, steps)) / steps))) / 2;
    }
    case 'triangle': {
      const { rise, steps } = spec;
      if (!(rise > 0 && rise < steps))
        throw new EngineError(`A triangle rises before its end; got a rise of ${rise} in ${steps} steps.`);
      return (step) => (step < rise ? (lr * step) / rise : (lr * Math.max(0, steps - step)) / (steps - rise));
    }
  }
}
