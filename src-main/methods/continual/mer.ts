import { z } from 'zod';
import { valueAndGradients } from '../../engine/losses.ts';
import { tf, type Tensor } from '../../engine/tf.ts';
import type { Feed, StepInputs } from '../../engine/types.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { reservoir } from './shared/reservoir.ts';
import { mean } from './shared/task-gradients.ts';

/** Inside a step: start + rate · (end − start), the step of Reptile (Nichol et al. 2018). */
export const reptile = (start: Tensor, end: Tensor, rate: Tensor | number): Tensor =>
  tf.add(start, tf.mul(tf.sub(end, start), rate));

/**
 * Meta-experience replay (Riemer et al. 2019, algorithm 1; algorithm 6 with batches): plain steps on a new example and
 * on stored ones, after each of `batches` lots of which the network moves back to where the lot began but for a share
 * β, and after all of them but for a share γ. This is Reptile, which aligns the gradients of examples.
 */
export default defineContinualMethod({
  id: 'mer',
  version: 1,
  title: 'Meta-experience replay (MER)',
  summary: 'Replay by small steps that are taken back but for a share, which aligns the gradients of examples.',
  paper: {
    title: 'Learning to Learn without Forgetting by Maximizing Transfer and Minimizing Interference',
    authors: 'Riemer, Cases, Ajemian, Liu, Rish, Tu, Tesauro',
    year: 2019,
    reference: 'arXiv:1810.11910',
    equations: 'algorithm 1; with batches as Mammoth has it',
    deviations: 'With batches the batch of the stream takes the place of the new example, in one step with the stored.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(500).describe('Images stored'),
    memoryBatch: z.number().int().min(0).max(1000).default(10).describe('Stored images in each lot'),
    lots: z.number().int().min(1).max(100).default(1).describe('Lots of each new example, or of each batch'),
    beta: z.number().min(0).max(1).default(1).describe('Share β that is kept after a lot'),
    gamma: z.number().min(0).max(1).default(0.3).describe('Share γ that is kept after all lots'),
    steps: z
      .enum(['examples', 'batches'])
      .default('batches')
      .describe('A step for each example (algorithm 1), or one for the batch and the stored images together'),
  },
  asks: ['replay-memory', 'extra-passes'],
  fits: ({ network }) =>
    network.layers.every(({ kind }) => !kind.endsWith('-norm')) ||
    'Steps that are taken back would leave the statistics of norms behind.',
  create: (run, { memory, memoryBatch, lots, beta, gamma, steps }) => {
    const { engine, meter } = run.context;
    const buffer = reservoir(run, memory);
    const [lotStart, start] = [run.perParameter('lot-start'), run.perParameter('start')];
    const inputs = {
      ids: { shape: [-1], dtype: 'int32' },
      /** 1 where a lot, or all lots of an example, begin with the step. */
      beginsLot: { shape: [], dtype: 'float32' },
      begins: { shape: [], dtype: 'float32' },
      /** The shares that are kept after the step: 1 within. */
      kept: { shape: [], dtype: 'float32' },
      keptOfAll: { shape: [], dtype: 'float32' },
      ...run.training.inputs,
    } satisfies StepInputs;
    const step = engine.compileStep({
      name: 'mer/step',
      inputs,
      body: (given, scope) => {
        const before = run.readParameters(scope);
        for (const [name, value] of Object.entries(before)) {
          scope.assign(lotStart[name], reptile(scope.read(lotStart[name]), value, given.beginsLot));
          scope.assign(start[name], reptile(scope.read(start[name]), value, given.begins));
        }
        const batch = run.training.examples(scope, given, given.ids, 0);
        const { value, gradients } = valueAndGradients((parameters) => {
          const losses = run.lossScope(scope, parameters, batch, given);
          return losses.crossEntropy(losses.batchLogits, batch);
        }, before);
        run.update(scope, gradients);
        for (const [name, variable] of Object.entries(run.parameters)) {
          const lot = reptile(scope.read(lotStart[name]), scope.read(variable), given.kept);
          scope.assign(variable, reptile(scope.read(start[name]), lot, given.keptOfAll));
        }
        return { loss: value };
      },
    });
    const scalar = (value: number): Float32Array => Float32Array.of(value);
    /** The steps of a new example or batch: each lot has it and stored examples. */
    const stepsOf = (fresh: Int32Array, name: string, globalStep: number): Feed<typeof inputs>[] => {
      const ofLots = Array.from({ length: lots }, (_, lot) => {
        const stored = Math.min(memoryBatch, buffer.size);
        const slots = buffer.draw(stored, run.stream(`replay/${name}/${lot}`));
        const ids = Int32Array.from([...fresh, ...slots.map((slot) => buffer.idAt(slot))]);
        return steps === 'batches' ? [ids] : [...ids].map((id) => Int32Array.of(id));
      });
      return ofLots.flatMap((each, lot) =>
        each.map((ids, at) => {
          const isLast = at === each.length - 1;
          return {
            ids,
            beginsLot: scalar(at === 0 ? 1 : 0),
            begins: scalar(lot === 0 && at === 0 ? 1 : 0),
            kept: scalar(isLast ? beta : 1),
            keptOfAll: scalar(isLast && lot === lots - 1 ? gamma : 1),
            ...run.training.feed(globalStep),
          };
        }),
      );
    };
    return {
      passes: { forward: 0, backward: 0 },
      train: async ({ globalStep }, batches) => {
        const feeds = batches.flatMap((batch, i) => {
          const parts = steps === 'batches' ? [batch] : [...batch].map((id) => Int32Array.of(id));
          return parts.flatMap((fresh, part) => {
            const name = `${globalStep + i}/${part}`;
            const made = stepsOf(fresh, name, globalStep + i);
            buffer.offer(fresh, run.stream(`reservoir/${name}`));
            return made;
          });
        });
        const passes = feeds.reduce((sum, { ids }) => sum + ids.length, 0);
        meter.passes({ forward: passes, backward: passes });
        return mean((await step.run(feeds)).map(({ loss }) => loss[0]));
      },
    };
  },
});
