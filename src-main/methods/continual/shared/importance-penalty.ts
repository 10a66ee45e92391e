import { tf } from '../../../engine/tf.ts';
import type { StepScope, Tensors, Variables } from '../../../engine/types.ts';
import type { ContinualHooks, ContinualRun, ExampleBatch } from '../contract.ts';
import { anchoredPenalty, tasksFollow, type Quadratic } from './anchored-penalty.ts';

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
  /**
   * Inside a step, for one parameter: the penalty to go on with. `kept` is the one so far; `latest` has the finished
   * task's mean importance and the parameters now.
   */
  consolidate(kept: Quadratic, latest: Quadratic): Quadratic;
}

/**
 * Hooks of a regularisation method. After each task but the last, one pass over its training data averages
 * importances. They are merged with those kept so far. From then on the loss carries strength·Σ Ω (θ − θ*)². Cost and
 * memory do not grow with the number of tasks.
 */
export function importancePenalty(
  run: ContinualRun,
  { name, strength, examplesPerPass, importance, consolidate }: ImportancePenaltyDefinition,
): ContinualHooks {
  const { engine, network, meter } = run.context;
  const penalty = anchoredPenalty(run, strength);
  // sums over the examples so far of the pass under way, zeros in between: no checkpoint falls within a pass
  const sums: Variables = Object.fromEntries(
    network.params.map(({ name: parameter, shape }) => [
      parameter,
      engine.variable(`importance-sum/${parameter}`, { shape, dtype: 'float32' }),
    ]),
  );
  const accumulate = engine.compileStep({
    name: `${name}/accumulate`,
    inputs: { ids: { shape: [-1], dtype: 'int32' } },
    body: ({ ids }, scope) => {
      for (const [parameter, sum] of Object.entries(importance(scope, run.protocol.examples(scope, ids))))
        scope.assign(sums[parameter], tf.add(scope.read(sums[parameter]), sum));
      return { done: tf.scalar(1) };
    },
  });
  const fold = engine.compileStep({
    name: `${name}/consolidate`,
    inputs: { share: { shape: [], dtype: 'float32' } },
    body: ({ share }, scope) => {
      for (const [parameter, value] of Object.entries(run.readParameters(scope))) {
        const kept = {
          importance: scope.read(penalty.importance[parameter]),
          anchor: scope.read(penalty.anchor[parameter]),
        };
        const next = consolidate(kept, { importance: tf.mul(scope.read(sums[parameter]), share), anchor: value });
        scope.assign(penalty.importance[parameter], next.importance);
        scope.assign(penalty.anchor[parameter], next.anchor);
        scope.assign(sums[parameter], tf.zerosLike(value));
      }
      return { done: tf.scalar(1) };
    },
  });
  return {
    addedGradients: penalty.gradients,
    endTask: async (task) => {
      if (!tasksFollow(run, task)) return;
      const { ids } = run.protocol.tasks[task];
      // in the task's own order
      await accumulate.run(
        Array.from({ length: Math.ceil(ids.length / examplesPerPass) }, (_, i) => ({
          ids: ids.slice(i * examplesPerPass, (i + 1) * examplesPerPass),
        })),
      );
      await fold.run([{ share: Float32Array.of(1 / ids.length) }]);
      meter.passes({ forward: ids.length, backward: ids.length });
    },
  };
}
