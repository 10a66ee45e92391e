import { z } from 'zod';
import { tf, type Scalar, type Tensor } from '../../engine/tf.ts';
import type { StepInputs, Tensors } from '../../engine/types.ts';
import { baseFields, replayingBase } from './shared/bases.ts';
import { defineContinualMethod } from './shared/driver.ts';

/** How far from the network the gradient is taken, in lengths of a tensor: at the network itself it is 0. */
const OFFSET = 1e-3;

/** Mean over the examples that are `counted` of KL(softmax(before) ‖ softmax(after)); 0 where none is. */
export function countedDivergence(before: Tensor, after: Tensor, counted: Tensor): Scalar {
  const difference = tf.sub(tf.logSoftmax(before), tf.logSoftmax(after));
  const each = tf.sum(tf.mul(tf.softmax(before), difference), -1);
  return tf.div(tf.sum(tf.mul(each, counted)), tf.maximum(tf.sum(counted), 1)).asScalar();
}

/** 1 for the examples that are answered rightly. */
export const answeredRightly = (logits: Tensor, labels: Tensor): Tensor =>
  tf.cast(tf.equal(tf.argMax(logits, -1), tf.cast(labels, 'int32')), 'float32');

/** Each kernel moved by noise of its own shape, in thousandths of its length. */
export const offset = (parameters: Tensors, noise: Tensors): Tensors =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      value.rank < 2 ? value : tf.add(value, tf.mul(noise[name], tf.mul(tf.norm(value), OFFSET))),
    ]),
  );

/** By kernel, the move by γ ‖W‖ along its gradient; other parameters stay. */
export const worstMoves = (parameters: Tensors, gradients: Tensors, gamma: number): Tensors =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => {
      if (value.rank < 2) return [name, tf.zerosLike(value)];
      const length = tf.add(tf.norm(gradients[name]), 1e-12);
      return [name, tf.mul(gradients[name], tf.div(tf.mul(tf.norm(value), gamma), length))];
    }),
  );

const moved = (parameters: Tensors, moves: Tensors): Tensors =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, tf.add(value, moves[name])]));

/**
 * STAR (Eskandar et al. 2025): the network also pays for how much its right answers to stored examples would change if
 * its weights moved the worst way, by γ of their length. The move is one step along the gradient of that change, taken
 * a little beside the network, since at the network it is 0; the gradient of what is paid counts for the network.
 */
export default defineContinualMethod({
  id: 'star',
  version: 1,
  title: 'STAR',
  summary: 'Replay that also keeps answers to stored examples steady under the worst small move of the weights.',
  paper: {
    title: 'STAR: Stability-Inducing Weight Perturbation for Continual Learning',
    authors: 'Eskandar, Imtiaz, Hill, Wang',
    year: 2025,
    reference: 'arXiv:2503.01595',
    equations: 'section 3',
    deviations:
      'The gradient is taken a thousandth of each tensor beside the network; the 1e-20 of the published code is lost ' +
      'in float32. DER++ as a base has the weights that its method has by default.',
  },
  fields: {
    gamma: z.number().min(0).max(1).default(0.05).describe('Length γ of the move, in lengths of each kernel'),
    lambda: z.number().min(0).max(100).default(0.1).describe('Weight λ of the change of answers'),
    ...baseFields,
    base: z.enum(['er', 'derpp']).default('er').describe('What it acts on top of'),
  },
  asks: ['replay-memory', 'extra-passes'],
  create: (run, { gamma, lambda, ...values }) => {
    const { hooks, replay } = replayingBase(run, values, 'steady');
    const share = values.memoryBatch / run.protocol.batchSize;
    const { forward = 1, backward = 1 } = hooks.passes ?? {};
    const inputs: StepInputs = { ...hooks.inputs, noiseKey: { shape: [2], dtype: 'int32' } };
    return {
      ...hooks,
      passes: { forward: forward + 2 * share, backward: backward + 2 * share },
      inputs,
      feed: (place, ids) => ({
        ...hooks.feed?.(place, ids),
        noiseKey: run.stream(`noise/${place.globalStep}`).key(),
      }),
      lookahead: (scope) => {
        const { x, y, tasks } = replay.drawn(scope, 'steady');
        const before = scope.masked(scope.logits(x), tasks);
        const counted = answeredRightly(before, y);
        const noise = Object.fromEntries(
          Object.entries(scope.parameters).map(([name, value], at) => [
            name,
            scope.scope.randomNormal(value.shape, tf.add(scope.inputs['noiseKey'], tf.scalar(at, 'int32'))),
          ]),
        );
        const gradients = scope.gradients((losses) =>
          countedDivergence(before, losses.masked(losses.logits(x, offset(losses.parameters, noise)), tasks), counted),
        );
        const moves = worstMoves(scope.parameters, gradients, gamma);
        return {
          before,
          counted,
          ...Object.fromEntries(Object.entries(moves).map(([name, move]) => [`move/${name}`, move])),
        };
      },
      loss: (losses) => {
        const { x, tasks } = replay.drawn(losses, 'steady');
        const moves = Object.fromEntries(
          Object.keys(losses.parameters).map((name) => [name, losses.inputs[`move/${name}`]]),
        );
        const after = losses.masked(losses.logits(x, moved(losses.parameters, moves)), tasks);
        const paid = countedDivergence(losses.inputs['before'], after, losses.inputs['counted']);
        const plain = hooks.loss?.(losses) ?? losses.crossEntropy(losses.batchLogits, losses.batch);
        return tf.add(plain, tf.mul(tf.mul(paid, lambda), replay.on(losses))).asScalar();
      },
    };
  },
});
