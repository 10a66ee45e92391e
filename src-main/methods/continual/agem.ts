import { z } from 'zod';
import { tf } from '../../engine/tf.ts';
import type { Tensors } from '../../engine/types.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { taskMemory } from './shared/memory.ts';
import { gradientsAt, innerProduct, mean, plainSteps } from './shared/task-gradients.ts';

/**
 * Inside a step: g − (gᵀr / rᵀr) r where gᵀr < 0, g elsewhere (Chaudhry et al. 2019, eq. 11), over all tensors as one
 * vector.
 */
export function projectedOnAverage(gradients: Tensors, reference: Tensors): Tensors {
  const dot = innerProduct(gradients, reference);
  const factor = tf.neg(tf.divNoNan(tf.minimum(dot, 0), innerProduct(reference, reference)));
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [name, tf.add(gradient, tf.mul(reference[name], factor))]),
  );
}

/**
 * Averaged GEM (Chaudhry et al. 2019, eqs. 7 and 11): one constraint, the gradient on a random batch of all memory, so
 * that the projection has a closed form in the step.
 */
export default defineContinualMethod({
  id: 'agem',
  version: 1,
  title: 'A-GEM',
  summary: 'Keeps the average loss on a random batch of memory from rising; a closed-form projection.',
  paper: {
    title: 'Efficient Lifelong Learning with A-GEM',
    authors: 'Chaudhry, Ranzato, Rohrbach, Elhoseiny',
    year: 2019,
    reference: 'arXiv:1812.00420',
    equations: 'eqs. 7 and 11',
    deviations: 'Memory holds an equal share for each task seen, drawn at random when the task ends.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(1100).describe('Images stored over all tasks'),
    memoryBatch: z.number().int().min(1).max(10000).default(128).describe('Images drawn from memory for each step'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  create: (run, { memory, memoryBatch }) => {
    const { engine, meter } = run.context;
    const stored = taskMemory(run, memory);
    const plain = plainSteps(run, 'agem');
    const projected = engine.compileStep({
      name: 'agem/projected',
      inputs: { ids: { shape: [-1], dtype: 'int32' }, memory: { shape: [-1], dtype: 'int32' }, ...run.training.inputs },
      body: (inputs, scope) => {
        const { value, gradients } = gradientsAt(run, scope, inputs, inputs.ids, 0);
        run.update(scope, projectedOnAverage(gradients, gradientsAt(run, scope, inputs, inputs.memory, 1).gradients));
        return { loss: value };
      },
    });
    return {
      train: async ({ task, globalStep }, batches) => {
        if (task === 0) return plain(globalStep, batches);
        const all = stored.all();
        const drawn = (step: number): Int32Array =>
          run
            .stream(`memory-batch/${step}`)
            .sample(all.length, Math.min(memoryBatch, all.length))
            .map((index) => all[index]);
        const outputs = await projected.run(
          batches.map((ids, i) => ({ ids, memory: drawn(globalStep + i), ...run.training.feed(globalStep + i) })),
        );
        meter.passes({ forward: batches.length * memoryBatch, backward: batches.length * memoryBatch });
        return mean(outputs.map((output) => output.loss[0]));
      },
      endTask: async (task) => stored.admit(task, run.protocol.tasks[task].ids, run.stream(`memory/task${task}`)),
    };
  },
});
