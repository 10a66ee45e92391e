import { z } from 'zod';
import { darkReplayHooks } from './shared/bases.ts';
import { defineContinualMethod } from './shared/driver.ts';

/** DER++ (Buzzega et al. 2020, eq. 7): dark experience replay plus the true labels of a second batch from memory. */
export default defineContinualMethod({
  id: 'derpp',
  version: 1,
  title: 'DER++',
  summary: 'Dark experience replay with the labels of a second memory batch beside the logits of the first.',
  paper: {
    title: 'Dark Experience for General Continual Learning: a Strong, Simple Baseline',
    authors: 'Buzzega, Boschini, Porrello, Abati, Calderara',
    year: 2020,
    reference: 'arXiv:2004.07211',
    equations: 'eq. 7',
    deviations:
      "The distance is averaged over all entries, as the authors' code (Mammoth) does; `reduction = " +
      "examples` gives the paper's squared norm.",
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(500).describe('Images, labels and logits stored'),
    memoryBatch: z
      .number()
      .int()
      .min(1)
      .max(10000)
      .default(32)
      .describe('Images in each of the two batches drawn from memory for each step'),
    alpha: z.number().min(0).max(100).default(0.2).describe('Weight α of the distance to the stored logits'),
    beta: z.number().min(0).max(100).default(1).describe('Weight β of the loss on stored labels'),
    reduction: z
      .enum(['entries', 'examples'])
      .default('entries')
      .describe("Mean over all entries (the authors' code) or of the squared norm per example (the paper)"),
  },
  asks: ['replay-memory', 'extra-passes'],
  create: darkReplayHooks,
});
