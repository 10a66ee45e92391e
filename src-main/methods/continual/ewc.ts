import { z } from 'zod';
import { examplesPerPass } from '../shared/work-sizes.ts';
import { mergedPenalty } from './shared/anchored-penalty.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { fisherImportance } from './shared/importance.ts';
import { importancePenalty } from './shared/importance-penalty.ts';

/** Hyper-parameters of every method that weighs parameters by their Fisher information. */
export const fisherFields = {
  labels: z
    .enum(['predicted', 'given', 'expected'])
    .default('predicted')
    .describe("Labels for the Fisher information: most likely, given, or expected over the model's own distribution"),
} as const;

/**
 * Elastic weight consolidation (Kirkpatrick et al. 2017, eq. 3): after each task the diagonal Fisher information F and
 * the parameters θ* are kept, and later tasks pay (λ/2) Σ_tasks Σ F (θ − θ*)². The sum over tasks is kept as one merged
 * quadratic with the same gradient.
 */
export default defineContinualMethod({
  id: 'ewc',
  version: 1,
  title: 'EWC',
  summary:
    'Slows down parameters that were important for earlier tasks, by their Fisher information; one penalty per task.',
  paper: {
    title: 'Overcoming catastrophic forgetting in neural networks',
    authors: 'Kirkpatrick, Pascanu, Rabinowitz et al.',
    year: 2017,
    reference: '10.1073/pnas.1611835114',
    equations: 'eq. 3; the sum over tasks as the supplement states',
    deviations:
      'The sum over tasks is stored as one quadratic (Ω, θ*) with the same gradient. The Fisher ' +
      'information is exact per example; labels by choice; batch norm at its running statistics.',
  },
  fields: {
    lambda: z.number().min(0).max(1e12).default(200).describe('Strength λ of (λ/2) Σ F (θ − θ*)²'),
    ...fisherFields,
  },
  asks: ['extra-passes', 'boundaries'],
  create: (run, { lambda, labels }) =>
    importancePenalty(run, {
      name: 'ewc',
      strength: lambda / 2,
      examplesPerPass: examplesPerPass(run.context.network),
      importance: fisherImportance(run, labels),
      consolidate: mergedPenalty,
    }),
});
