import { z } from 'zod';
import { averageParameters } from './shared/average.ts';
import { defineMergingMethod } from './shared/define.ts';
import { identityPermutations, permuteNetwork } from './shared/permutations.ts';
import { expertsOf } from './shared/protocol.ts';
import { straightThrough } from './shared/straight-through.ts';
import { matchWeights } from './shared/weight-matching.ts';
import { isBeginning, stepsDone } from './shared/steps-done.ts';

/** Sweeps of each matching; it begins with the permutations of the step before. */
const SWEEPS = 10;

/**
 * Git Re-Basin by a straight-through estimator (Ainsworth et al. 2023, section 3.3): free parameters B̂ start at A;
 * in each step the second net's units are matched to B̂ by their weights, and B̂ follows the gradient of the loss at
 * the midpoint of the first net and the second so reordered. The order of the lowest batch loss is kept.
 */
export default defineMergingMethod({
  id: 'git-rebasin-straight-through',
  version: 1,
  title: 'Git Re-Basin (straight-through)',
  summary: 'Learns the order of units that makes the midpoint of two nets good, by gradients through the matching.',
  paper: {
    title: 'Git Re-Basin: Merging Models modulo Permutation Symmetries',
    authors: 'Ainsworth, Hayase, Srinivasa',
    year: 2023,
    reference: 'arXiv:2209.04836',
    equations: "Section 3.3, equations 7 to 9, as the authors' mnist_mlp_ste2.py",
    deviations:
      '20 epochs with batches of 250, where the script has 250 with batches of 1,000. A matching has at most 10 ' +
      'sweeps and begins with the permutations of the step before.',
  },
  models: 2,
  asks: ['all-tasks', 'extra-passes'],
  fits: ({ network, experts }) =>
    network.layers.some(({ kind }) => kind === 'batch-norm' || kind === 'residual' || kind === 'dropout')
      ? 'The straight-through estimator knows networks without batch norm and dropout only.'
      : experts?.heads.length === 1 || 'The straight-through estimator merges two networks of one task.',
  fields: {
    epochs: z.number().int().min(1).max(1000).default(20).describe('Passes over the labelled training rows'),
    batchSize: z.number().int().min(1).max(10_000).default(250).describe('Rows of a step; each has a matching'),
    learningRate: z.number().positive().max(10).default(0.01).describe('Learning rate of SGD'),
    momentum: z.number().min(0).max(0.999).default(0.9).describe('Momentum'),
  },
  async *merge({ context, network, models: [a, b] }, { epochs, batchSize, learningRate, momentum }) {
    const { engine, state, stream, meter } = context;
    const split = expertsOf(context).tasks[0].train();
    const optimiser = { kind: 'sgd', lr: learningRate, momentum } as const;
    const work = straightThrough(engine, state, { network, a, split, optimiser });
    // Before the first step the driver's cursor is null.
    const isNew = isBeginning(state);
    const start = identityPermutations(network);
    const kept = (prefix: string) =>
      Object.fromEntries(
        Object.entries(start).map(([name, order]) => {
          const held = state.int32(`${prefix}/${name}`, order.length);
          if (isNew) held.set(order);
          return [name, held];
        }),
      );
    const [present, best] = [kept('present'), kept('best')];
    const least = state.float32('least', 1);
    if (isNew) least[0] = Infinity;
    const perEpoch = Math.ceil(split.rows / batchSize);
    for (let step = stepsDone(state); step < epochs * perEpoch; step += 1) {
      const matching = matchWeights(network, await work.free(), b, stream(`matching/${step}`), SWEEPS, present);
      let found = matching.next();
      while (found.done !== true) found = matching.next();
      const { permutations } = found.value;
      for (const [name, order] of Object.entries(permutations)) present[name].set(order);
      const order = stream(`batches/epoch${Math.floor(step / perEpoch)}`).permutation(split.rows);
      const rows = order.subarray((step % perEpoch) * batchSize, ((step % perEpoch) + 1) * batchSize);
      const loss = await work.step(permuteNetwork(network, b, permutations), rows);
      meter.examples(rows.length);
      meter.passes({ forward: rows.length, backward: rows.length });
      if (loss < least[0]) {
        least[0] = loss;
        for (const [name, at] of Object.entries(present)) best[name].set(at);
      }
      yield { done: step + 1, total: epochs * perEpoch, metrics: { loss } };
    }
    const aligned = permuteNetwork(network, b, best);
    return { kind: 'parameters', merged: averageParameters([a, aligned]), ends: [a, aligned] };
  },
});
