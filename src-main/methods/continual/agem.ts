import { z } from 'zod';
import { valueAndGradients } from '../../engine/losses.ts';
import { tf, type Tensor } from '../../engine/tf.ts';
import type { StepScope, Tensors } from '../../engine/types.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { taskMemory } from './shared/memory.ts';

/** Inside a step: g − (gᵀr / rᵀr) r where gᵀr < 0, g elsewhere (Chaudhry et al. 2019, eq. 11), over all tensors as one vector. */
export function projectedOnAverage(gradients: Tensors, reference: Tensors): Tensors {
  const inner = (a: Tensors, b: Tensors): Tensor => tf.addN(Object.keys(a).map((name) => tf.sum(tf.mul(a[name], b[name]))));
  const dot = inner(gradients, reference);
  const factor = tf.neg(tf.divNoNan(tf.minimum(dot, 0), inner(reference, reference)));
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, tf.add(gradient, tf.mul(reference[name], factor))]));
}

/** Averaged GEM: one constraint, the gradient on a random batch of all memory, so that the projection has a closed form in the step. */
export default defineContinualMethod({
  id: 'agem', version: 1, title: 'A-GEM',
  summary: 'Keeps the average loss on a random batch of memory from rising; a closed-form projection.',
  paper: { title: 'Efficient Lifelong Learning with A-GEM', authors: 'Chaudhry, Ranzato, Rohrbach, Elhoseiny', year: 2019, reference: 'arXiv:1812.00420', equations: 'eqs. 7 and 11' },
  fields: {
    memory: z.number().int().min(1).max(100000).default(1100).describe('Images stored over all tasks'),
    memoryBatch: z.number().int().min(1).max(10000).default(128).describe('Images drawn from memory for each step'),
  },
  needs: { replayMemory: true, extraPasses: true },
  create: (run, { memory, memoryBatch }) => {
    const { engine, meter } = run.context;
    const stored = taskMemory(run, memory);
    const at = (scope: StepScope, ids: Tensor): { value: Tensor; gradients: Tensors } => {
      const batch = run.protocol.examples(scope, ids);
      return valueAndGradients((parameters) => {
        const losses = run.lossScope(scope, parameters, batch);
        return losses.crossEntropy(losses.batchLogits, batch);
      }, run.readParameters(scope));
    };
    const plain = engine.compileStep({ name: 'agem/plain', inputs: { ids: { shape: [-1], dtype: 'int32' } }, body: ({ ids }, scope) => { const { value, gradients } = at(scope, ids); run.update(scope, gradients); return { loss: value }; } });
    const projected = engine.compileStep({
      name: 'agem/projected', inputs: { ids: { shape: [-1], dtype: 'int32' }, memory: { shape: [-1], dtype: 'int32' } },
      body: (inputs, scope) => {
        const { value, gradients } = at(scope, inputs.ids);
        run.update(scope, projectedOnAverage(gradients, at(scope, inputs.memory).gradients));
        return { loss: value };
      },
    });
    return {
      train: async ({ task, globalStep }, batches) => {
        const all = task === 0 ? new Int32Array(0) : stored.all();
        const outputs = task === 0
          ? await plain.run(batches.map((ids) => ({ ids })))
          : await projected.run(batches.map((ids, i) => ({ ids, memory: run.stream(`memory-batch/${globalStep + i}`).sample(all.length, Math.min(memoryBatch, all.length)).map((index) => all[index]) })));
        if (task > 0) meter.passes({ forward: batches.length * memoryBatch, backward: batches.length * memoryBatch });
        return outputs.reduce((sum, output) => sum + output.loss[0], 0) / outputs.length;
      },
      endTask: async (task) => stored.admit(task, run.protocol.tasks[task].ids, run.stream(`memory/task${task}`)),
    };
  },
});
