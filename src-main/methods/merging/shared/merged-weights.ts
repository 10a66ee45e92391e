import { tf, type Tensor } from '../../../engine/tf.ts';
import type { Engine, NamedArrays, StepScope, Tensors, Variable } from '../../../engine/types.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import { taskVectors } from './task-vectors.ts';

/** A start and task vectors as resident variables, so that steps can merge them anew with other coefficients. */
export interface ResidentVectors {
  /** How many models they come from. */
  readonly models: number;
  /** Tensors of the start that task vectors belong to, in the network's order. */
  readonly merged: readonly { readonly name: string; readonly start: Variable; readonly vectors: Variable }[];
  /** Tensors that stay as they are in the start: frozen heads. */
  readonly fixed: readonly { readonly name: string; readonly start: Variable }[];
}

/**
 * Makes the variables. A tensor that is the same in all models (a frozen head) is not merged.
 *
 * @throws RangeError when models and base have different tensors.
 */
export function residentVectors(
  engine: Engine,
  network: Network,
  base: NamedArrays,
  models: readonly NamedArrays[],
): ResidentVectors {
  const vectors = taskVectors(models, base);
  const start = (name: string, shape: readonly number[]): Variable =>
    engine.variable(`start/${name}`, { shape, dtype: 'float32' }, base[name]);
  const moves = (name: string): boolean => vectors.some((vector) => vector[name].some((entry) => entry !== 0));
  return {
    models: models.length,
    merged: network.params
      .filter(({ name }) => moves(name))
      .map(({ name, shape }) => {
        const entries = base[name].length;
        const stacked = new Float32Array(models.length * entries);
        vectors.forEach((vector, model) => stacked.set(vector[name], model * entries));
        const spec = { shape: [models.length, entries], dtype: 'float32' } as const;
        return { name, start: start(name, shape), vectors: engine.variable(`vectors/${name}`, spec, stacked) };
      }),
    fixed: network.params
      .filter(({ name }) => !moves(name))
      .map(({ name, shape }) => ({ name, start: start(name, shape) })),
  };
}

/**
 * Inside a step: θ0 + Σ_t λ_t τ_t with gradients with respect to λ.
 *
 * @param lambda [1, models] for one coefficient a model, or [merged tensors, models] for one a tensor and model.
 */
export function mergedTensors(scope: StepScope, { models, merged, fixed }: ResidentVectors, lambda: Tensor): Tensors {
  const [rows] = lambda.shape;
  return Object.fromEntries([
    ...merged.map(({ name, start, vectors }, index) => {
      const coefficients = rows > 1 ? tf.slice(lambda, [index, 0], [1, models]) : lambda;
      const change = tf.reshape(tf.matMul(coefficients, scope.read(vectors)), [...start.shape]);
      return [name, tf.add(scope.read(start), change)] as const;
    }),
    ...fixed.map(({ name, start }) => [name, scope.read(start)] as const),
  ]);
}
