import { z } from 'zod';
import { replayHooks } from './shared/bases.ts';
import { defineContinualMethod } from './shared/driver.ts';

/**
 * Experience replay with a reservoir (Chaudhry et al. 2019, algorithms 1 and 2). The loss is the mean over the
 * stream's batch and a batch drawn from memory, taken together. Batch norm sees both as one batch.
 */
export default defineContinualMethod({
  id: 'er',
  version: 2,
  title: 'Experience replay (ER)',
  summary: 'Trains on the new batch together with a batch drawn from a reservoir of past examples.',
  paper: {
    title: 'On Tiny Episodic Memories in Continual Learning',
    authors: 'Chaudhry, Rohrbach, Elhoseiny et al.',
    year: 2019,
    reference: 'arXiv:1902.10486',
    equations: 'algorithms 1 and 2 (reservoir)',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(500).describe('Images stored'),
    memoryBatch: z.number().int().min(1).max(10000).default(32).describe('Images drawn from memory for each step'),
  },
  asks: ['replay-memory', 'extra-passes'],
  create: replayHooks,
});
