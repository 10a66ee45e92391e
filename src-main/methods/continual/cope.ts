import { z } from 'zod';
import { tf, type Scalar, type Tensor } from '../../engine/tf.ts';
import { evaluated, steppedPredictor, usedModel } from '../shared/network-predictor.ts';
import { rowsPerEvaluation } from '../shared/work-sizes.ts';
import { EXCLUDED } from './contract.ts';
import { sameClass } from './shared/contrastive.ts';
import { unit } from './shared/cosine-head.ts';
import { detached } from './shared/detached.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { greedyBalanced } from './shared/greedy-balanced.ts';

/**
 * Inside a step: the pseudo-prototypical proxy loss (eqs. 6 to 9) of unit embeddings [B, F] with labels int32 [B] and
 * prototypes [C, F] of unit length. Each example is drawn to its prototype and the others of its class, which stand for
 * it (attractor), and examples of other classes are pushed from both (repellor). What stands for a class is not
 * differentiated. Examples with a 0 in `present` [B] take no part.
 */
export function proxyLoss(
  embeddings: Tensor,
  labels: Tensor,
  prototypes: Tensor,
  temperature: number,
  present: Tensor,
): Scalar {
  const [count, classes] = [embeddings.shape[0], prototypes.shape[0]];
  const powers = (rows: Tensor): Tensor => tf.exp(tf.div(tf.matMul(rows, embeddings, false, true), temperature));
  /** [C, B], [B, B]: of prototypes, and of the examples as prototypes of their classes. */
  const [ofClass, ofExample] = [powers(prototypes), powers(detached(embeddings))];
  const hot = tf.cast(tf.oneHot(labels, classes), 'float32');
  const own = tf.matMul(hot, ofClass);
  const all = tf.sum(ofClass, 0, true);
  const others = tf.sub(all, own);
  const byPrototype = tf.div(own, all);
  const byExample = tf.div(ofExample, tf.add(ofExample, others));
  const pairs = tf.mul(tf.expandDims(present, 1), tf.expandDims(present, 0));
  const same = tf.mul(sameClass(labels, labels), pairs);
  const different = tf.sub(pairs, same);
  const companions = tf.mul(same, tf.sub(1, tf.eye(count)));
  const attracted = tf.div(
    tf.add(tf.sum(tf.mul(byExample, companions), 0), tf.sum(tf.mul(byPrototype, tf.eye(count)), 0)),
    tf.maximum(tf.sum(same, 0), 1),
  );
  // 1 − the mean of both probabilities, written so that nothing is lost where they are near 1.
  const repelled = tf.mul(0.5, tf.add(tf.div(others, tf.add(ofExample, others)), tf.div(others, all)));
  const attractor = tf.sum(tf.mul(tf.log(attracted), present));
  const repellor = tf.sum(tf.mul(tf.log(repelled), different));
  return tf.neg(tf.div(tf.add(attractor, repellor), tf.sum(present))).asScalar();
}

/**
 * Inside a step: prototypes [C, F] after a batch: α · before + (1 − α) · the direction of the mean of the class's
 * embeddings, and of unit length; those of classes that the batch has not stay.
 */
export function movedPrototypes(prototypes: Tensor, embeddings: Tensor, hot: Tensor, alpha: number): Tensor {
  const isThere = tf.cast(tf.greater(tf.sum(hot, 0), 0), 'float32').as2D(-1, 1);
  const direction = unit(tf.matMul(hot, embeddings, true, false), 1);
  const moved = unit(tf.add(tf.mul(prototypes, alpha), tf.mul(direction, 1 - alpha)), 1);
  return tf.add(tf.mul(moved, isThere), tf.mul(prototypes, tf.sub(1, isThere)));
}

/**
 * Continual prototype evolution (De Lange & Tuytelaars 2021): embeddings of unit length, a prototype for each class
 * that follows the embeddings of the stream and of a class-balanced memory, and the nearest prototype as the answer.
 */
export default defineContinualMethod({
  id: 'cope',
  version: 1,
  title: 'Continual prototype evolution (CoPE)',
  summary: 'Moves a prototype of each class along with new and stored examples, and answers with the nearest.',
  paper: {
    title: 'Continual Prototype Evolution: Learning Online from Non-Stationary Data Streams',
    authors: 'De Lange, Tuytelaars',
    year: 2021,
    reference: 'arXiv:2009.00919',
    equations: 'eqs. 2 to 9',
    deviations:
      'As in Avalanche: prototypes start at random for all classes, and the mean of a batch is brought to unit ' +
      'length before it moves one. The memory is greedily balanced (Prabhu et al. 2020).',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(2000).describe('Images stored over all classes'),
    memoryBatch: z.number().int().min(1).max(10000).default(10).describe('Images drawn from memory for each step'),
    width: z.number().int().min(1).max(10000).default(32).describe('Width of the embedding'),
    alpha: z.number().min(0).max(1).default(0.99).describe('Share α of a prototype that a batch leaves'),
    temperature: z.number().min(0.001).max(10).default(0.1).describe('Temperature T'),
  },
  asks: ['replay-memory', 'extra-passes'],
  fits: ({ scenario }) =>
    scenario === 'class-il' || 'Prototypes stand for classes; it is for class-IL, where each is of one task.',
  create: (run, { memory, memoryBatch, width, alpha, temperature }) => {
    const { context, models, protocol } = run;
    const { engine } = context;
    const { spec } = context.network;
    const stored = greedyBalanced(run, memory);
    const model = models.open('embedding', { ...spec, heads: [{ name: spec.heads[0].name, outputs: width }] }, (made) =>
      made.init(run.stream('init')),
    );
    const prototypes = run.variable('prototypes', { shape: [protocol.outputs, width], dtype: 'float32' }, () => {
      const start = new Float32Array(protocol.outputs * width);
      run.stream('prototypes').fillUniform(start, -1, 1);
      for (let from = 0; from < start.length; from += width) {
        const row = start.subarray(from, from + width);
        const length = Math.sqrt(row.reduce((sum, value) => sum + value ** 2, 0));
        row.forEach((value, i) => (row[i] = value / length));
      }
      return start;
    });
    const seen = run.variable('seen-classes', { shape: [protocol.outputs], dtype: 'float32' });
    const predictor = steppedPredictor(engine, {
      width: protocol.outputs,
      rowsAtOnce: rowsPerEvaluation(model.network),
      uses: [usedModel(model)],
      kind: 'scores',
      answer: (scope, x) => {
        const embedded = unit(evaluated(scope, model.network, model, x).logits, 1).as2D(-1, width);
        const similar = tf.matMul(embedded, scope.read(prototypes), false, true);
        return tf.add(similar, tf.mul(tf.sub(1, scope.read(seen)), EXCLUDED));
      },
    });
    const share = 1 + memoryBatch / protocol.batchSize;
    return {
      trains: [model],
      predictor: () => predictor,
      passes: { forward: share, backward: share },
      inputs: { replayIds: { shape: [memoryBatch], dtype: 'int32' }, replayOn: { shape: [], dtype: 'float32' } },
      feed: ({ globalStep }, ids) => {
        const known = stored.all();
        const draws = run.stream(`replay/${globalStep}`);
        const order = draws.sample(known.length, Math.min(memoryBatch, known.length));
        const chosen = Int32Array.from({ length: memoryBatch }, (_, i) =>
          known.length === 0 ? ids[i % ids.length] : known[order[i % order.length]],
        );
        stored.offer(ids, run.stream(`memory/${globalStep}`));
        return { replayIds: chosen, replayOn: Float32Array.of(known.length === 0 ? 0 : 1) };
      },
      loss: ({ scope, batch, inputs, examples, apply }) => {
        const { x, y } = examples(tf.concat([inputs['ids'], inputs['replayIds']]), 0);
        const present = tf.concat([tf.ones([batch.x.shape[0]]), tf.mul(tf.ones([memoryBatch]), inputs['replayOn'])]);
        const embedded = unit(apply(model, x).logits, 1).as2D(-1, width);
        const before = scope.read(prototypes);
        const loss = proxyLoss(embedded, y, before, temperature, present);
        const hot = tf.mul(tf.cast(tf.oneHot(y, protocol.outputs), 'float32'), tf.expandDims(present, 1));
        scope.assign(prototypes, movedPrototypes(before, detached(embedded), hot, alpha));
        scope.assign(seen, tf.maximum(scope.read(seen), tf.minimum(tf.sum(hot, 0), 1)));
        return loss;
      },
    };
  },
});
