import { z } from 'zod';
import { crossEntropyPerExample } from '../../engine/losses.ts';
import { tf, type Tensor } from '../../engine/tf.ts';
import type { Tensors } from '../../engine/types.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { largest, selected, stepped } from './shared/interference.ts';
import { reservoir } from './shared/reservoir.ts';

/**
 * Maximally interfered retrieval (Aljundi et al. 2019, algorithm 1): of candidates drawn from memory it replays those
 * whose loss a step on the new batch alone would raise most.
 */
export default defineContinualMethod({
  id: 'mir',
  version: 1,
  title: 'Maximally interfered retrieval (ER-MIR)',
  summary: 'Replays those stored examples whose loss the coming update would raise most.',
  paper: {
    title: 'Online Continual Learning with Maximally Interfered Retrieval',
    authors: 'Aljundi, Caccia, Belilovsky et al.',
    year: 2019,
    reference: 'arXiv:1908.04742',
    equations: 'algorithm 1, criterion MI-1 (loss after the tried step minus loss before)',
    deviations:
      'No logits are stored, so the loss before the step is that of the present network alone; the tried step is ' +
      'plain descent at the learning rate also where the optimiser is another.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(500).describe('Images stored'),
    candidates: z.number().int().min(1).max(2000).default(50).describe('Images drawn from memory to choose among'),
    memoryBatch: z.number().int().min(1).max(2000).default(10).describe('Images replayed in each step'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  create: (run, { memory, candidates, memoryBatch }) => {
    const { protocol } = run;
    const buffer = reservoir(run, memory);
    const { lr } = run.optimiserSpec;
    const [drawn, replayed] = [candidates / protocol.batchSize, Math.min(memoryBatch, candidates) / protocol.batchSize];
    return {
      passes: { forward: 2 + 2 * drawn + replayed, backward: 2 + replayed },
      inputs: {
        candidates: { shape: [candidates], dtype: 'int32' },
        isCandidate: { shape: [candidates], dtype: 'float32' },
      },
      // Candidates are of earlier tasks. Too few of them are filled up with the batch, which is never chosen.
      feed: ({ task, globalStep }, ids) => {
        const slots = buffer.drawFrom(
          candidates,
          run.stream(`candidates/${globalStep}`),
          (id) => protocol.taskOf(id) < task,
        );
        buffer.offer(ids, run.stream(`reservoir/${globalStep}`));
        return {
          candidates: Int32Array.from({ length: candidates }, (_, i) => slots[i] ?? ids[i % ids.length]),
          isCandidate: Float32Array.from({ length: candidates }, (_, i) => (i < slots.length ? 1 : 0)),
        };
      },
      lookahead: ({ parameters, inputs, batch, examples, gradients, logits, masked }) => {
        const others = examples(inputs['candidates'], 1);
        const tried = stepped(
          parameters,
          gradients((at) => at.crossEntropy(at.batchLogits, batch)),
          lr,
        );
        const lossAt = (at: Tensors): Tensor =>
          crossEntropyPerExample(masked(logits(others.x, at), others.tasks), others.y);
        const interference = tf.sub(lossAt(tried), lossAt(parameters));
        const selection = largest(
          tf.where(tf.cast(inputs['isCandidate'], 'bool'), interference, tf.fill([candidates], -Infinity)),
          Math.min(memoryBatch, candidates),
        );
        return {
          chosen: selected(selection, inputs['candidates']),
          weights: selected(selection, inputs['isCandidate']),
        };
      },
      loss: ({ inputs, batch, batchLogits, crossEntropy, examples, logits, masked }) => {
        const replay = examples(inputs['chosen'], 2);
        const each = crossEntropyPerExample(masked(logits(replay.x), replay.tasks), replay.y);
        const count = tf.maximum(tf.sum(inputs['weights']), 1);
        const stored = tf.div(tf.sum(tf.mul(each, inputs['weights'])), count);
        return tf.add(crossEntropy(batchLogits, batch), stored).asScalar();
      },
    };
  },
});
