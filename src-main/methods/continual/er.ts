import { z } from 'zod';
import { tf } from '../../engine/tf.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { stepReplay } from './shared/replay.ts';

/**
 * Experience replay with a reservoir (Chaudhry et al. 2019, algorithms 1 and 2): the loss is the mean over the stream's batch and a batch drawn from memory, as one; batch norm
 * sees both together.
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
  needs: { replayMemory: true, extraPasses: true },
  create: (run, { memory, memoryBatch }) => {
    const replay = stepReplay(run, memory, memoryBatch, ['replay']);
    return {
      inputs: replay.inputs,
      passes: { forward: 1 + memoryBatch / run.protocol.batchSize, backward: 1 + memoryBatch / run.protocol.batchSize },
      feed: (place, ids) => {
        const isEmpty = replay.buffer.size === 0;
        const fed = replay.feed(place, ids);
        // What weighs nothing is seen by batch norm all the same: the batch itself while there is no other.
        return isEmpty
          ? { ...fed, replayIds: Int32Array.from({ length: memoryBatch }, (_, i) => ids[i % ids.length]) }
          : fed;
      },
      loss: (losses) => {
        const fresh = losses.batch.x.shape[0];
        const both = losses.examples(tf.concat([losses.inputs['ids'], losses.inputs['replayIds']]), 0);
        const weights = tf.concat([tf.ones([fresh]), tf.fill([memoryBatch], 1).mul(replay.on(losses))]);
        return losses.crossEntropy(losses.logits(both.x), both, weights);
      },
    };
  },
});
