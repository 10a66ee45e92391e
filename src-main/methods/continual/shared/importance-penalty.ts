import { tf } from '../../../engine/tf.ts';
import type { StepScope, Tensors, Variables } from '../../../engine/types.ts';
import type { ContinualHooks, ContinualRun, ExampleBatch } from '../contract.ts';
import { anchoredPenalty, perParameterStep, tasksFollow, type Quadratic } from './anchored-penalty.ts';

/** How a method measures importances after a task and what it keeps of them. */
export interface ImportancePenaltyDefinition {
  /** Name of the method, for its steps. */
  readonly name: string;
  /** Weight of Σ Ω (θ − θ*)² in the loss. */
  readonly strength: number;
  /** Examples in each pass over a task's data. */
  readonly examplesPerPass: number;
  /** Inside a step: importances summed over the examples of a batch, for every parameter. */
  importance(scope: StepScope, batch: ExampleBatch): Tensors;
  /** Inside a step, for one parameter: the penalty to go on with, from the one kept so far and the finished task's (mean importance, parameters now). */
  consolidate(kept: Quadratic, latest: Quadratic): Quadratic;
}

/**
 * Hooks of a regularisation method: after each task but the last one pass over its training data averages importances, they are consolidated
 * with those kept so far, and from then on the loss carries strength·Σ Ω (θ − θ*)². Its cost and memory do not grow with the number of tasks.
 */
export function importancePenalty(run: ContinualRun, { name, strength, examplesPerPass, importance, consolidate }: ImportancePenaltyDefinition): ContinualHooks {
  const penalty = anchoredPenalty(run, strength);
  const latest = run.perParameter('latest-importance');
  const average = importanceAverager(run, name, examplesPerPass, latest, importance);
  const fold = perParameterStep(run, `${name}/consolidate`, (scope, parameter, value) => {
    const kept = { importance: scope.read(penalty.importance[parameter]), anchor: scope.read(penalty.anchor[parameter]) };
    const next = consolidate(kept, { importance: scope.read(latest[parameter]), anchor: value });
    scope.assign(penalty.importance[parameter], next.importance);
    scope.assign(penalty.anchor[parameter], next.anchor);
  });
  return {
    addedGradients: penalty.gradients,
    endTask: async (task) => {
      if (!tasksFollow(run, task)) return;
      await average(run.protocol.tasks[task].ids);
      await fold();
    },
  };
}

/**
 * Averages a per-batch sum of importances over the training examples of a task into `into` (one variable per parameter, replaced); batches
 * in the task's own order.
 */
function importanceAverager(run: ContinualRun, name: string, batchSize: number, into: Variables, perBatch: ImportancePenaltyDefinition['importance']): (ids: Int32Array) => Promise<void> {
  const { engine } = run.context;
  const accumulate = engine.compileStep({
    name: `${name}/accumulate`, inputs: { ids: { shape: [-1], dtype: 'int32' } },
    body: ({ ids }, scope) => {
      const sums = perBatch(scope, run.protocol.examples(scope, ids));
      for (const [parameter, sum] of Object.entries(sums)) scope.assign(into[parameter], tf.add(scope.read(into[parameter]), sum));
      return { done: tf.scalar(1) };
    },
  });
  const scale = engine.compileStep({
    name: `${name}/scale`, inputs: { factor: { shape: [], dtype: 'float32' } },
    body: ({ factor }, scope) => {
      for (const variable of Object.values(into)) scope.assign(variable, tf.mul(scope.read(variable), factor));
      return { done: tf.scalar(1) };
    },
  });
  return async (ids) => {
    await scale.run([{ factor: Float32Array.of(0) }]);
    await accumulate.run(Array.from({ length: Math.ceil(ids.length / batchSize) }, (_, i) => ({ ids: ids.slice(i * batchSize, (i + 1) * batchSize) })));
    await scale.run([{ factor: Float32Array.of(1 / ids.length) }]);
    run.context.meter.passes({ forward: ids.length, backward: ids.length });
  };
}
