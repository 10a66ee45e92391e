import { z } from 'zod';
import { KINDS } from '../../ensemble/kinds.ts';
import { outsideModels } from '../../ensemble/messages.ts';
import { formField } from './catalogue.ts';
import { name, plain } from './words.ts';
export type { EnsembleResult, EnsembleSummary } from '../../ensemble/messages.ts';

/** A way to combine a person's own predictions, as shells see it. */
export const ensembleMethod = z.object({
  id: z.string(),
  title: z.string(),
  kinds: z.array(z.enum(['probabilities', 'numbers'])),
  fields: z.array(formField),
});
export type EnsembleMethod = z.output<typeof ensembleMethod>;

/**
 * What models that were trained elsewhere say of test rows. With a suite the rows must be its test rows in their order,
 * and the models, trained by its protocol, stand beside its results; without, they have a board of their own.
 */
export const outsideRequest = z.strictObject({
  /** Of the study that they become. */
  name,
  /** Where they come from, in words that stand with every result. */
  origin: plain.min(1).max(500),
  suite: z.string().nullable().default(null),
  /** Files of one name are seeds of one model. */
  models: outsideModels.refine((models) => models.every((one) => name.safeParse(one.name).success), 'A name is blank.'),
  labels: z.string().min(1),
  kind: z.enum(KINDS).nullable().default(null),
});
