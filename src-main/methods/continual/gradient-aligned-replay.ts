import { z } from 'zod';
import { tf, type Tensor } from '../../engine/tf.ts';
import { replayHooks } from './shared/bases.ts';
import { defineContinualMethod } from './shared/driver.ts';

/** Inside a step: start + ε · (now − start), a step of Reptile (Nichol et al. 2018, algorithm 1). */
export const reptile = (start: Tensor, now: Tensor, epsilon: number): Tensor =>
  tf.add(start, tf.mul(tf.sub(now, start), epsilon));

/**
 * Replay with gradient alignment (Abbes et al. 2025; Riemer et al. 2019): experience replay, and after every so many
 * steps the parameters go back towards where these began, which aligns the gradients of new and stored examples.
 */
export default defineContinualMethod({
  id: 'gradient-aligned-replay',
  version: 1,
  title: 'Replay with gradient alignment',
  summary: 'Experience replay whose parameters step back, every so many batches, towards where these began (Reptile).',
  paper: {
    title: 'Revisiting Replay and Gradient Alignment for Continual Pre-Training of Large Language Models',
    authors: 'Abbes, Subbaraj, Riemer et al.',
    year: 2025,
    reference: 'arXiv:2508.01908',
    equations: 'section 3: meta-experience replay, θ ← θ₀ + ε (θ_k − θ₀)',
    deviations: 'Published for language models, with k = 500 and ε = .1; here streams are shorter.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(500).describe('Images stored'),
    memoryBatch: z.number().int().min(1).max(10000).default(10).describe('Images drawn from memory for each step'),
    every: z.number().int().min(1).max(100000).default(10).describe('Steps k between two steps back'),
    epsilon: z.number().min(0).max(1).default(0.3).describe('Share ε of the way that is kept; 1 is replay alone'),
  },
  asks: ['replay-memory', 'extra-passes'],
  create: (run, { every, epsilon, ...sizes }) => {
    const starts = run.perParameter('start');
    const count = run.variable('steps-since', { shape: [1], dtype: 'float32' });
    return {
      ...replayHooks(run, sizes),
      afterUpdate: (scope, { before }) => {
        const done = scope.read(count);
        const isFirst = tf.cast(tf.equal(done, 0), 'float32');
        const isLast = tf.cast(tf.greaterEqual(done, every - 1), 'float32');
        const chosen = (on: Tensor, yes: Tensor, no: Tensor): Tensor =>
          tf.add(tf.mul(on, yes), tf.mul(tf.sub(1, on), no));
        for (const [name, parameter] of Object.entries(run.parameters)) {
          const start = chosen(isFirst, before[name], scope.read(starts[name]));
          const now = scope.read(parameter);
          scope.assign(starts[name], start);
          scope.assign(parameter, chosen(isLast, reptile(start, now, epsilon), now));
        }
        scope.assign(count, tf.mul(tf.add(done, 1), tf.sub(1, isLast)));
      },
    };
  },
});
