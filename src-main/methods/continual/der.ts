import { z } from 'zod';
import { defineContinualMethod } from './shared/driver.ts';
import { logitDistance, withReplay } from './shared/dark-knowledge.ts';
import { stepReplay } from './shared/replay.ts';

/**
 * Dark experience replay (Buzzega et al. 2020, eq. 6): stored examples keep the logits that the network gave when they
 * were seen, and later networks are held to them.
 */
export default defineContinualMethod({
  id: 'der',
  version: 1,
  title: 'Dark experience replay (DER)',
  summary: 'Replays past examples with the logits of their time as targets.',
  paper: {
    title: 'Dark Experience for General Continual Learning: a Strong, Simple Baseline',
    authors: 'Buzzega, Boschini, Porrello, Abati, Calderara',
    year: 2020,
    reference: 'arXiv:2004.07211',
    equations: 'eq. 6',
    deviations:
      "The distance is averaged over all entries, as the authors' code (Mammoth) does; `reduction = " +
      "examples` gives the paper's squared norm.",
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(500).describe('Images and logits stored'),
    memoryBatch: z.number().int().min(1).max(10000).default(32).describe('Images drawn from memory for each step'),
    alpha: z.number().min(0).max(100).default(0.5).describe('Weight α of the distance to the stored logits'),
    reduction: z
      .enum(['entries', 'examples'])
      .default('entries')
      .describe("Mean over all entries (the authors' code) or of the squared norm per example (the paper)"),
  },
  asks: ['replay-memory', 'extra-passes'],
  create: (run, { memory, memoryBatch, alpha, reduction }) => {
    const replay = stepReplay(run, memory, memoryBatch, ['logits']);
    const stored = replay.beside('stored-logits', run.protocol.outputs);
    return {
      inputs: replay.inputs,
      feed: replay.feed,
      passes: replay.passes,
      loss: (losses) => {
        const drawn = replay.drawn(losses, 'logits');
        const distance = logitDistance(losses.logits(drawn.x), stored.drawn(losses, 'logits'), reduction);
        const fresh = losses.crossEntropy(losses.batchLogits, losses.batch);
        stored.keep(losses, losses.batchLogits);
        return withReplay(fresh, [[distance, alpha]], replay.on(losses));
      },
    };
  },
});
