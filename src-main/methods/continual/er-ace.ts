import { z } from 'zod';
import { softmaxCrossEntropy } from '../../engine/losses.ts';
import { tf, type Scalar, type Tensor } from '../../engine/tf.ts';
import { EXCLUDED } from './contract.ts';
import { withReplay } from './shared/dark-knowledge.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { stepReplay } from './shared/replay.ts';

/** Cross-entropy of a batch [B, outputs] among the classes that occur in it alone. */
export function presentCrossEntropy(logits: Tensor, labels: Tensor): Scalar {
  const present = tf.max(tf.oneHot(labels, logits.shape[1] ?? 0), 0);
  return softmaxCrossEntropy(tf.add(logits, tf.mul(tf.sub(1, present), EXCLUDED)), labels);
}

/**
 * Experience replay with asymmetric cross-entropy (Caccia et al. 2022, section 4.1): new examples are told apart among
 * the classes of their own batch, so that they do not push the answers of old classes away; what is replayed is told
 * apart among all classes seen. The two losses are added. Replay is from the whole memory, with the present task: it
 * alone compares new classes with old ones.
 */
export default defineContinualMethod({
  id: 'er-ace',
  version: 1,
  title: 'ER with asymmetric cross-entropy (ER-ACE)',
  summary: 'Experience replay in which new examples compete with the classes of their own batch only.',
  paper: {
    title: 'New Insights on Reducing Abrupt Representation Change in Online Continual Learning',
    authors: 'Caccia, Aljundi, Asadi, Tuytelaars, Pineau, Belilovsky',
    year: 2022,
    reference: 'arXiv:2104.05025',
    equations: 'section 4.1, L_ace',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(500).describe('Images stored'),
    memoryBatch: z.number().int().min(1).max(10000).default(32).describe('Images drawn from memory for each step'),
  },
  asks: ['replay-memory', 'extra-passes'],
  create: (run, { memory, memoryBatch }) => {
    const replay = stepReplay(run, memory, memoryBatch, ['replay']);
    return {
      inputs: replay.inputs,
      feed: replay.feed,
      passes: replay.passes,
      loss: (losses) => {
        const { batch } = losses;
        const drawn = replay.drawn(losses, 'replay');
        const fresh = presentCrossEntropy(losses.masked(losses.batchLogits, batch.tasks), batch.y);
        return withReplay(fresh, [[losses.crossEntropy(losses.logits(drawn.x), drawn), 1]], replay.on(losses));
      },
    };
  },
});
