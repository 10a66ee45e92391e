import { z } from 'zod';
import { formField } from './catalogue.ts';
export type { EnsembleResult, EnsembleSummary } from '../../ensemble/messages.ts';

/** A way to combine a person's own predictions, as shells see it. */
export const ensembleMethod = z.object({
  id: z.string(),
  title: z.string(),
  kinds: z.array(z.enum(['probabilities', 'numbers'])),
  fields: z.array(formField),
});
export type EnsembleMethod = z.output<typeof ensembleMethod>;
