import { z } from 'zod';
import { crossEntropyPerExample, valueAndGradients } from '../../engine/losses.ts';
import { layersOf } from '../../engine/networks/specification.ts';
import type { Stream } from '../../engine/random/streams.ts';
import { tf } from '../../engine/tf.ts';
import type { StepInputs } from '../../engine/types.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { gradientProducts, groupCosines } from './shared/gradient-products.ts';

/** An example that looks like what is stored has a high score, up to 2; the first of a memory has this. */
const FIRST = 0.1;

/** The score of an example: 1 and its largest cosine with gradients of memory (algorithm 2). */
export const gssScore = (similarities: readonly number[]): number =>
  similarities.length === 0 ? FIRST : 1 + Math.max(...similarities);

/**
 * Which stored example a new one takes the place of, by their scores, or −1: where its cosine is below 0, one is drawn
 * by its score and goes with the probability score / (score + that of the new one) (algorithm 2).
 */
export function gssPlace(scores: readonly number[], score: number, stream: Stream): number {
  if (score >= 1) return -1;
  const weights = scores.map((of) => of + 1e-8);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let left = stream.uniform() * total;
  const drawn = weights.findIndex((weight) => (left -= weight) < 0);
  const place = drawn < 0 ? weights.length - 1 : drawn;
  return stream.uniform() < scores[place] / (scores[place] + score) ? place : -1;
}

/**
 * Gradient-based sample selection, greedy (Aljundi et al. 2019, algorithm 2): replay from a memory in which examples
 * stay whose gradients point elsewhere than those of others.
 */
export default defineContinualMethod({
  id: 'gss',
  version: 1,
  title: 'Gradient-based sample selection (GSS-greedy)',
  summary: 'Replays stored examples that were chosen so that their gradients differ.',
  paper: {
    title: 'Gradient based sample selection for online continual learning',
    authors: 'Aljundi, Lin, Goujaud, Bengio',
    year: 2019,
    reference: 'arXiv:1903.08671',
    equations: 'algorithm 2 (GSS-greedy)',
    deviations:
      "New examples are compared with mean gradients of groups of stored ones, as the authors' program does (a group " +
      'of 1 is the paper); scores of a batch are those at the weights before its step. ' +
      'The loss is the mean over the batch and the replayed images together.',
  },
  fields: {
    memory: z.number().int().min(1).max(10000).default(300).describe('Images stored'),
    memoryBatch: z.number().int().min(1).max(10000).default(10).describe('Images drawn from memory for each step'),
    compared: z
      .number()
      .int()
      .min(1)
      .max(500)
      .default(5)
      .describe('Gradients of memory that new ones are compared with'),
    group: z.number().int().min(1).max(500).default(10).describe('Stored images of which each of these is the mean'),
    repeats: z.number().int().min(1).max(20).default(1).describe('Steps on each batch, each with other stored images'),
  },
  asks: ['replay-memory', 'extra-passes'],
  fits: ({ network }) =>
    layersOf(network).every(({ kind }) => ['dense', 'relu', 'dropout', 'flatten'].includes(kind)) ||
    'Inner products of gradients are written for dense layers.',
  create: (run, { memory, memoryBatch, compared, group, repeats }) => {
    const { context, protocol } = run;
    const { engine, network, meter, state } = context;
    const ids = state.examples('chosen/ids', memory, protocol.bytesPerExample);
    const stored = state.int32('chosen/count', 1);
    // As millionths: what a host array keeps is a whole number.
    const scores = state.int32('chosen/scores', memory);
    const scoreAt = (slot: number): number => scores[slot] / 1e6;
    const store = (slot: number, id: number, score: number): void => {
      ids[slot] = id;
      scores[slot] = Math.round(score * 1e6);
    };
    const batch = { shape: [-1], dtype: 'int32' } as const;
    const compare = engine.compileStep({
      name: 'gss/compare',
      inputs: { ids: batch, others: batch },
      body: ({ ids: fresh, others }, scope) => {
        const all = protocol.examples(scope, tf.concat([fresh, others]));
        const params = run.readParameters(scope);
        const losses = run.lossScope(scope, params, all, {}, { isTrial: true });
        const products = gradientProducts(network, params, all.x, (logits) =>
          tf.sum(crossEntropyPerExample(losses.masked(logits, all.tasks), all.y)).asScalar(),
        );
        const [own, rest] = [fresh.shape[0], others.shape[0]];
        return { cosines: groupCosines(products, own, rest / Math.min(group, rest)) };
      },
    });
    const step = engine.compileStep({
      name: 'gss/step',
      inputs: { ids: batch, ...run.training.inputs } satisfies StepInputs,
      body: (inputs, scope) => {
        const together = run.training.examples(scope, inputs, inputs.ids, 0);
        const { value, gradients } = valueAndGradients((parameters) => {
          const losses = run.lossScope(scope, parameters, together, inputs);
          return losses.crossEntropy(losses.batchLogits, together);
        }, run.readParameters(scope));
        run.update(scope, gradients);
        return { loss: value };
      },
    });
    const drawn = (most: number, stream: Stream): Int32Array =>
      stream.sample(stored[0], Math.min(most, stored[0])).map((slot) => ids[slot]);
    const trainOn = async (fresh: Int32Array, globalStep: number): Promise<number> => {
      const size = Math.min(group, stored[0]);
      const groups = size === 0 ? 0 : Math.min(compared, Math.floor(stored[0] / size));
      const others = drawn(groups * size, run.stream(`compared/${globalStep}`));
      const found = others.length === 0 ? [] : [...(await compare.run([{ ids: fresh, others }]))[0].cosines];
      const feeds = Array.from({ length: repeats }, (_, repeat) => ({
        ids: Int32Array.from([...fresh, ...drawn(memoryBatch, run.stream(`replay/${globalStep}/${repeat}`))]),
        ...run.training.feed(globalStep),
      }));
      const outputs = await step.run(feeds);
      const trained = feeds.reduce((sum, feed) => sum + feed.ids.length, 0);
      const seen = others.length === 0 ? 0 : fresh.length + others.length;
      meter.passes({ forward: trained + seen, backward: trained + seen });
      const choices = run.stream(`chosen/${globalStep}`);
      fresh.forEach((id, i) => {
        const score = gssScore(found.slice(i * groups, (i + 1) * groups));
        if (stored[0] < memory) {
          store(stored[0], id, score);
          stored[0]++;
          return;
        }
        const place = gssPlace(
          Array.from({ length: memory }, (_, slot) => scoreAt(slot)),
          score,
          choices,
        );
        if (place >= 0) store(place, id, score);
      });
      return outputs.reduce((sum, { loss }) => sum + loss[0], 0) / outputs.length;
    };
    return {
      passes: { forward: 0, backward: 0 },
      train: async ({ globalStep }, batches) => {
        let total = 0;
        for (const [i, fresh] of batches.entries()) total += await trainOn(fresh, globalStep + i);
        return total / batches.length;
      },
    };
  },
});
