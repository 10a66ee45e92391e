import { z } from 'zod';
import { examplesPerPass } from '../shared/work-sizes.ts';
import { tf } from '../../engine/tf.ts';
import type { Quadratic } from './shared/anchored-penalty.ts';
import { fisherFields } from './ewc.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { fisherImportance } from './shared/importance.ts';
import { importancePenalty } from './shared/importance-penalty.ts';

/** Inside a step: Ω ← γ Ω + F, with the latest parameters as the anchor (eq. 9). */
export function decayedPenalty(kept: Quadratic, latest: Quadratic, gamma: number): Quadratic {
  return { importance: tf.add(tf.mul(kept.importance, gamma), latest.importance), anchor: latest.anchor };
}

/**
 * Online EWC (Schwarz et al. 2018, eqs. 8 and 9): one running importance Ω ← γ Ω + F and one anchor, the parameters
 * after the latest task.
 */
export default defineContinualMethod({
  id: 'online-ewc',
  version: 1,
  title: 'Online EWC',
  summary: 'EWC with one running importance and one anchor, so that cost does not grow with the number of tasks.',
  paper: {
    title: 'Progress & Compress: A scalable framework for continual learning',
    authors: 'Schwarz, Luketina, Czarnecki et al.',
    year: 2018,
    reference: 'arXiv:1805.06370',
    equations: 'eqs. 8 and 9',
    deviations:
      'Without the knowledge base and its distillation (the rest of Progress & Compress). The Fisher ' +
      'information is exact per example, not normalised between tasks; labels by choice; batch norm at ' +
      'its running statistics.',
  },
  fields: {
    lambda: z.number().min(0).max(1e12).default(800).describe('Strength λ of (λ/2) Σ Ω (θ − θ*)²'),
    gamma: z.number().min(0).max(1).default(1).describe('Decay γ of the running importance'),
    ...fisherFields,
  },
  asks: ['extra-passes', 'boundaries'],
  create: (run, { lambda, gamma, labels }) =>
    importancePenalty(run, {
      name: 'online-ewc',
      strength: lambda / 2,
      examplesPerPass: examplesPerPass(run.context.network),
      importance: fisherImportance(run, labels),
      consolidate: (kept, latest) => decayedPenalty(kept, latest, gamma),
    }),
});
