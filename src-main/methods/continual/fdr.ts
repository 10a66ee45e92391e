import { z } from 'zod';
import { valueAndGradients } from '../../engine/losses.ts';
import { tf, type Scalar, type Tensor } from '../../engine/tf.ts';
import type { StepInputs } from '../../engine/types.ts';
import type { ExampleBatch, LossScope } from './contract.ts';
import { answeredMemory } from './shared/answered-memory.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { gradientsAt, mean, plainSteps } from './shared/task-gradients.ts';

/** Mean over examples of the distance between two distributions, ‖p − q‖. */
export function distributionDistance(p: Tensor, q: Tensor): Scalar {
  return tf.mean(tf.sqrt(tf.add(tf.sum(tf.square(tf.sub(p, q)), -1), 1e-12))).asScalar();
}

/**
 * Function distance regularisation (Benjamin, Rolnick & Kording 2019): when a task ends, the network's answers to some
 * of its examples are stored, and later networks are held to them. Each step is two, as in Mammoth: one on the batch,
 * then one on α times the mean distance to stored answers.
 */
export default defineContinualMethod({
  id: 'fdr',
  version: 1,
  title: 'Function distance regularisation (FDR)',
  summary: 'Holds the network to the answers that it gave for stored examples when their task ended.',
  paper: {
    title: 'Measuring and regularizing networks in function space',
    authors: 'Benjamin, Rolnick, Kording',
    year: 2019,
    reference: 'arXiv:1805.08289',
    equations: 'section 3.1, the distance on a memory of earlier tasks',
    deviations:
      "As in Mammoth: a second step of the optimiser, on the distances' mean; α scales it here, where Mammoth's code " +
      'leaves it out.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(500).describe('Images and answers stored, over all tasks'),
    memoryBatch: z.number().int().min(1).max(10000).default(32).describe('Images drawn from memory for each step'),
    alpha: z.number().min(0).max(100).default(1).describe('Weight α of the distance to stored answers'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  create: (run, { memory, memoryBatch, alpha }) => {
    const { context } = run;
    const answersOf = (losses: LossScope, { x, tasks }: ExampleBatch): Tensor =>
      tf.softmax(losses.masked(losses.logits(x), tasks));
    const stored = answeredMemory(run, memory, 'fdr', answersOf);
    const twoSteps = context.engine.compileStep({
      name: 'fdr/two-steps',
      inputs: { ids: IDS, slots: IDS, storedIds: IDS, ...run.training.inputs } satisfies StepInputs,
      body: (inputs, scope) => {
        const { value, gradients } = gradientsAt(run, scope, inputs, inputs.ids, 0);
        run.update(scope, gradients);
        const batch = run.training.examples(scope, inputs, inputs.storedIds, 1);
        const held = valueAndGradients((parameters) => {
          const losses = run.lossScope(scope, parameters, batch, inputs);
          const distance = distributionDistance(answersOf(losses, batch), scope.gather(stored.answers, inputs.slots));
          return tf.mul(distance, alpha).asScalar();
        }, run.readParameters(scope));
        run.update(scope, held.gradients);
        return { loss: value };
      },
    });
    const plain = plainSteps(run, 'fdr');
    return {
      train: async ({ task, globalStep }, batches) => {
        if (task === 0) return plain(globalStep, batches);
        const from = stored.filled();
        const feeds = batches.map((batch, i) => {
          const draws = run.stream(`replay/${globalStep + i}`);
          const slots = Int32Array.from({ length: memoryBatch }, () => from[draws.integer(from.length)]);
          return { ids: batch, slots, storedIds: slots.map(stored.idAt), ...run.training.feed(globalStep + i) };
        });
        context.meter.passes({ forward: batches.length * memoryBatch, backward: batches.length * memoryBatch });
        return mean((await twoSteps.run(feeds)).map(({ loss }) => loss[0]));
      },
      endTask: stored.admit,
    };
  },
});

const IDS = { shape: [-1], dtype: 'int32' } as const;
