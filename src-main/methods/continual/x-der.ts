import { z } from 'zod';
import { tf, type Scalar, type Tensor } from '../../engine/tf.ts';
import { EXCLUDED } from './contract.ts';
import { answeredMemory } from './shared/answered-memory.ts';
import { logitDistance, withReplay } from './shared/dark-knowledge.ts';
import { defineContinualMethod } from './shared/driver.ts';

/** The largest of logits [B, outputs] where `among` [outputs] is 1: [B, 1]. */
const largestAmong = (logits: Tensor, among: Tensor): Tensor =>
  tf.max(tf.add(logits, tf.mul(tf.sub(1, among), EXCLUDED)), -1, true);

/**
 * Stored logits [B, outputs] brought up to date: where `learnt` [outputs] is 1, outputs learnt since, they become
 * those of now. Where one of these is more than the stored logit of the label, all are scaled by γ · stored / most,
 * so that it stays below (Boschini et al. 2022, eqs. 7 and 8).
 */
export function updatedLogits(stored: Tensor, now: Tensor, labels: Tensor, learnt: Tensor, gamma: number): Tensor {
  const ofLabel = tf.sum(tf.mul(stored, tf.oneHot(labels, stored.shape[1] ?? 0)), -1, true);
  const most = largestAmong(now, learnt);
  const scale = tf.where(tf.greater(most, ofLabel), tf.mul(tf.divNoNan(ofLabel, most), gamma), tf.onesLike(most));
  return tf.add(tf.mul(stored, tf.sub(1, learnt)), tf.mul(tf.mul(now, scale), learnt));
}

/** Mean of what `wrong` + m − `right` is above 0, over the examples where it is; 0 where it is nowhere. */
export function marginLoss(wrong: Tensor, right: Tensor, margin: number): Scalar {
  const above = tf.relu(tf.add(tf.sub(wrong, right), margin));
  const count = tf.sum(tf.step(above));
  return tf.div(tf.sum(above), tf.maximum(count, 1)).asScalar();
}

/**
 * Extended dark experience replay (Boschini et al. 2022, section 4): stored logits are brought up to date with what the
 * network has learnt since about later classes, new examples compete among the new classes only, and margins keep the
 * outputs of other classes below.
 */
export default defineContinualMethod({
  id: 'x-der',
  version: 1,
  title: 'X-DER',
  summary: 'Dark experience replay whose stored logits are brought up to date as later classes are learnt.',
  paper: {
    title: 'Class-Incremental Continual Learning into the eXtended DER-verse',
    authors: 'Boschini, Bonicelli, Buzzega, Porrello, Calderara',
    year: 2022,
    reference: 'arXiv:2201.00766',
    equations: 'section 4: eqs. 7 to 9, 12 and 13',
    deviations:
      'Without the contrastive loss on future heads, which needs augmented images. Constraints on future classes are ' +
      'those of the batch of the stream alone. Memory has an equal share for each task, filled when the task ends.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(500).describe('Images, labels and logits stored'),
    memoryBatch: z.number().int().min(1).max(10000).default(32).describe('Images in each of the two batches drawn'),
    alpha: z.number().min(0).max(100).default(0.3).describe('Weight α of the distance to the stored logits'),
    beta: z.number().min(0).max(100).default(0.8).describe('Weight β of the loss on stored labels'),
    gamma: z.number().min(0).max(1).default(0.85).describe('How far below its label’s an updated logit stays, γ'),
    margin: z.number().min(0).max(100).default(0.3).describe('Margin m of the constraints'),
    eta: z.number().min(0).max(100).default(0.1).describe('Weight η of the constraints'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  fits: ({ scenario }) => scenario === 'class-il' || 'X-DER is about outputs of earlier and later classes: class-IL.',
  create: (run, { memory, memoryBatch, alpha, beta, gamma, margin, eta }) => {
    const { protocol, context } = run;
    const stored = answeredMemory(run, memory, 'x-der', (losses, { x }) => losses.logits(x));
    /** By task: 1 for the outputs of earlier tasks, of this one, of later ones. */
    const places = ['past', 'present', 'future'] as const;
    const outputs = Object.fromEntries(
      places.map((place) => [place, run.variable(`outputs/${place}`, { shape: [protocol.outputs], dtype: 'float32' })]),
    );
    const share = (2 * memoryBatch) / protocol.batchSize;
    const size = { shape: [memoryBatch], dtype: 'int32' } as const;
    return {
      passes: { forward: 1 + share, backward: 1 + share },
      inputs: {
        first: size,
        second: size,
        firstSlots: size,
        replayOn: { shape: [], dtype: 'float32' },
      },
      feed: ({ globalStep }, ids) => {
        const from = stored.filled();
        const isEmpty = from.length === 0;
        const drawn = (name: string): Int32Array => {
          const stream = run.stream(`replay/${name}/${globalStep}`);
          // Distinct where there are enough: an example is brought up to date once a step.
          const order = isEmpty ? [0] : [...stream.permutation(from.length)].map((at) => from[at]);
          return Int32Array.from({ length: memoryBatch }, (_, i) => order[i % order.length]);
        };
        const idsAt = (slots: Int32Array): Int32Array =>
          slots.map((slot, i) => (isEmpty ? ids[i % ids.length] : stored.idAt(slot)));
        const [first, second] = [drawn('first'), drawn('second')];
        return {
          first: idsAt(first),
          second: idsAt(second),
          firstSlots: first,
          replayOn: Float32Array.of(isEmpty ? 0 : 1),
        };
      },
      loss: (losses) => {
        const { scope, inputs, batch, batchLogits } = losses;
        const [past, present, future] = places.map((place) => scope.read(outputs[place]));
        const among = (logits: Tensor, which: Tensor): Tensor => tf.add(logits, tf.mul(tf.sub(1, which), EXCLUDED));
        const fresh = losses.crossEntropy(among(batchLogits, present), batch);
        const seen = tf.softmax(among(batchLogits, tf.add(past, present)));
        const hasPast = tf.minimum(tf.sum(past), 1),
          hasFuture = tf.minimum(tf.sum(future), 1);
        const wrong = tf.max(tf.mul(seen, past), -1, true);
        const pastMargin = marginLoss(wrong, tf.max(tf.mul(seen, present), -1, true), margin);
        const futureMargin = marginLoss(largestAmong(batchLogits, future), largestAmong(batchLogits, present), margin);
        const constrained = tf.add(tf.mul(pastMargin, hasPast), tf.mul(futureMargin, hasFuture));

        const one = losses.examples(inputs['first'], 1),
          two = losses.examples(inputs['second'], 2);
        const logits = losses.logits(one.x);
        const kept = scope.gather(stored.answers, inputs['firstSlots']);
        const labels = losses.crossEntropy(among(losses.logits(two.x), past), two);
        const distance = logitDistance(logits, kept, 'entries');
        const learnt = tf.mul(tf.add(present, future), inputs['replayOn']);
        scope.scatter(stored.answers, inputs['firstSlots'], updatedLogits(kept, logits, one.y, learnt, gamma));
        const replayed = withReplay(
          fresh,
          [
            [distance, alpha],
            [labels, beta],
          ],
          inputs['replayOn'],
        );
        return tf.add(replayed, tf.mul(constrained, eta)).asScalar();
      },
      beginTask: async (task) => {
        const write = (place: string, isThere: (of: number) => boolean): void => {
          const mask = new Float32Array(protocol.outputs);
          for (const { index, outputs: own } of protocol.tasks) if (isThere(index)) for (const o of own) mask[o] = 1;
          context.engine.write(outputs[place], mask);
        };
        write('past', (of) => of < task);
        write('present', (of) => of === task);
        write('future', (of) => of > task);
      },
      endTask: stored.admit,
    };
  },
});
