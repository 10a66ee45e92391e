import { tf, type Tensor } from '../../../engine/tf.ts';
import type { StepScope, Tensors, Variables } from '../../../engine/types.ts';
import { readAll } from '../../shared/network-variables.ts';
import type { ContinualRun } from '../contract.ts';

/** One parameter's quadratic penalty Ω (θ − θ*)²: importance Ω and anchor θ*, both of the parameter's shape. */
export interface Quadratic {
  readonly importance: Tensor;
  readonly anchor: Tensor;
}

/**
 * Inside a step: the gradient of strength·Σ Ω (θ − θ*)², which is 2·strength·Ω (θ − θ*), for each parameter. Methods
 * whose papers write λ/2 pass strength = λ/2.
 */
export function penaltyGradients(parameters: Tensors, importance: Tensors, anchor: Tensors, strength: number): Tensors {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      tf.mul(tf.mul(importance[name], tf.sub(value, anchor[name])), 2 * strength),
    ]),
  );
}

/**
 * Inside a step: the one quadratic whose gradient is that of the sum of two, Ω = Ω₁ + Ω₂ and Ω θ* = Ω₁ θ₁ + Ω₂ θ₂.
 * Where both importances are 0 the anchor does not matter and θ₂ is taken.
 */
export function mergedPenalty(first: Quadratic, second: Quadratic): Quadratic {
  const importance = tf.add(first.importance, second.importance);
  const none = tf.equal(importance, 0);
  const weighted = tf.add(tf.mul(first.importance, first.anchor), tf.mul(second.importance, second.anchor));
  return {
    importance,
    anchor: tf.where(none, second.anchor, tf.div(weighted, tf.where(none, tf.onesLike(importance), importance))),
  };
}

/**
 * The quadratic penalty of a trial: importances and anchors as checkpointed variables, 0 until the first task has
 * ended.
 */
export interface AnchoredPenalty {
  readonly importance: Variables;
  readonly anchor: Variables;
  gradients(scope: StepScope, parameters: Tensors): Tensors;
}

export function anchoredPenalty(run: ContinualRun, strength: number): AnchoredPenalty {
  const importance = run.perParameter('importance');
  const anchor = run.perParameter('anchor');
  return {
    importance,
    anchor,
    gradients: (scope, parameters) =>
      penaltyGradients(parameters, readAll(scope, importance), readAll(scope, anchor), strength),
  };
}

/**
 * Whether tasks follow this one. Nothing would use what a penalty keeps of the last task: results and artefact are of
 * the parameters alone. So methods measure and consolidate only where this is true, and do not pay for the last task.
 */
export function tasksFollow(run: ContinualRun, task: number): boolean {
  return task < run.protocol.tasks.length - 1;
}

/** Compiles a step without inputs that changes variables of each parameter, and answers how to run it once. */
export function perParameterStep(
  run: ContinualRun,
  name: string,
  change: (scope: StepScope, parameter: string, value: Tensor) => void,
): () => Promise<void> {
  const step = run.context.engine.compileStep({
    name,
    inputs: {},
    body: (_inputs, scope) => {
      for (const [parameter, value] of Object.entries(run.readParameters(scope))) change(scope, parameter, value);
      return { done: tf.scalar(1) };
    },
  });
  return async () => void (await step.run([{}]));
}
