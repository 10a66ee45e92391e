import { z } from 'zod';
import { tf, type Tensor } from '../../engine/tf.ts';
import type { StepInputs, StepScope, TensorData, Tensors, Variables } from '../../engine/types.ts';
import { readAll } from '../shared/network-variables.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { rehearsedIds, taskMemory } from './shared/memory.ts';
import { gemMultipliers } from './shared/projection.ts';
import { gradientsAt, innerProduct, mean, plainSteps } from './shared/task-gradients.ts';

/** Inside a step: g + Mᵀ v, with the multipliers v of the memories' gradients M (eq. 11). */
export function projectedGradient(
  gradient: Tensors,
  memories: readonly Tensors[],
  multipliers: readonly Tensor[],
): Tensors {
  return memories.reduce(
    (sum, memory, k) =>
      Object.fromEntries(
        Object.entries(sum).map(([name, tensor]) => [name, tf.add(tensor, tf.mul(memory[name], multipliers[k]))]),
      ),
    gradient,
  );
}

/**
 * Gradient episodic memory (Lopez-Paz & Ranzato 2017, eqs. 8 to 11): a step may not raise the loss on any earlier
 * task's memory; a gradient that would is projected onto the nearest one that does not. The quadratic programme is
 * solved on the host, so a step is two native calls: gradients and their products, then the projected update.
 */
export default defineContinualMethod({
  id: 'gem',
  version: 1,
  title: 'GEM',
  summary: "Projects each gradient so that the loss on every earlier task's memory does not rise.",
  paper: {
    title: 'Gradient Episodic Memory for Continual Learning',
    authors: 'Lopez-Paz, Ranzato',
    year: 2017,
    reference: 'arXiv:1706.08840',
    equations: 'eqs. 8 to 11',
    deviations:
      'Memory holds an equal share for each task seen. With `rehearsal` the memory is also mixed into ' +
      'every epoch, as in Hsu et al. 2018, whose GEM inherits from naive rehearsal.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(1100).describe('Images stored over all tasks'),
    margin: z
      .number()
      .min(0)
      .max(10)
      .default(0.5)
      .describe("Lower bound of the multipliers (the authors' memory strength)"),
    rehearsal: z
      .boolean()
      .default(false)
      .describe('Also mix the memory, repeated, into every epoch (the implementation of Hsu et al.)'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  create: (run, { memory, margin, rehearsal }) => {
    const { engine, meter } = run.context;
    const stored = taskMemory(run, memory);
    const gradientVariables = (prefix: string): Variables =>
      Object.fromEntries(
        Object.entries(run.parameters).map(([name, parameter]) => [
          name,
          engine.variable(`gem/${prefix}/${name}`, parameter),
        ]),
      );
    const gradient = gradientVariables('gradient');
    const references = run.protocol.tasks.slice(1).map((_, task) => gradientVariables(`task${task}`));
    /** Gradients of the batch and of the first `count` memories into variables; answers M Mᵀ and M g. */
    const measureFor = new Map<number, ReturnType<typeof measure>>();
    const measure = (count: number) =>
      engine.compileStep({
        name: `gem/gradients-${count}`,
        stepsPerCall: 1,
        inputs: {
          ...Object.fromEntries(
            ['ids', ...Array.from({ length: count }, (_, k) => `memory${k}`)].map((name) => [name, IDS]),
          ),
          ...run.training.inputs,
        } satisfies StepInputs,
        body: (inputs, scope) => {
          const own = gradientsAt(run, scope, inputs, inputs['ids'], 0);
          const others = Array.from(
            { length: count },
            (_, k) => gradientsAt(run, scope, inputs, inputs[`memory${k}`], k + 1).gradients,
          );
          store(scope, gradient, own.gradients);
          others.forEach((tensors, k) => store(scope, references[k], tensors));
          return {
            loss: own.value,
            gram: tf.stack(others.flatMap((a) => others.map((b) => innerProduct(a, b)))),
            dots: tf.stack(others.map((a) => innerProduct(a, own.gradients))),
          };
        },
      });
    const applyFor = new Map<number, ReturnType<typeof apply>>();
    const apply = (count: number) =>
      engine.compileStep({
        name: `gem/update-${count}`,
        stepsPerCall: 1,
        inputs: { multipliers: { shape: [count], dtype: 'float32' } },
        body: ({ multipliers }, scope) => {
          const memories = references.slice(0, count).map((reference) => readAll(scope, reference));
          const projected = projectedGradient(readAll(scope, gradient), memories, tf.unstack(multipliers));
          run.update(scope, projected);
          return { done: tf.scalar(1) };
        },
      });
    const plain = plainSteps(run, 'gem');
    return {
      epochIds: (task) =>
        rehearsal ? rehearsedIds(stored, run.protocol.tasks[task].ids, memory) : run.protocol.tasks[task].ids,
      train: async ({ task, globalStep }, batches) => {
        if (task === 0) return plain(globalStep, batches);
        const memories = Array.from({ length: task }, (_, earlier) => stored.ofTask(earlier));
        const measured = cached(measureFor, task, measure),
          update = cached(applyFor, task, apply);
        const losses: number[] = [];
        for (const [i, ids] of batches.entries()) {
          const fed: Record<string, TensorData> = {
            ids,
            ...Object.fromEntries(memories.map((memoryIds, k) => [`memory${k}`, memoryIds])),
            ...run.training.feed(globalStep + i),
          };
          const [output] = await measured.run([fed]);
          const dots = Float64Array.from(output.dots);
          const multipliers = dots.some((dot) => dot < 0)
            ? gemMultipliers({ gram: Float64Array.from(output.gram), dots }, margin)
            : new Float64Array(task);
          await update.run([{ multipliers: Float32Array.from(multipliers) }]);
          losses.push(output.loss[0]);
          const replayed = memories.reduce((sum, memoryIds) => sum + memoryIds.length, 0);
          meter.passes({ forward: replayed, backward: replayed });
        }
        return mean(losses);
      },
      endTask: async (task) => stored.admit(task, run.protocol.tasks[task].ids, run.stream(`memory/task${task}`)),
    };
  },
});

const IDS = { shape: [-1], dtype: 'int32' } as const;

function store(scope: StepScope, variables: Variables, tensors: Tensors): void {
  for (const [name, tensor] of Object.entries(tensors)) scope.assign(variables[name], tensor);
}

function cached<V>(map: Map<number, V>, key: number, make: (key: number) => V): V {
  const known = map.get(key) ?? make(key);
  map.set(key, known);
  return known;
}
