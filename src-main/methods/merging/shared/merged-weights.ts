import { tf, type Tensor } from '../../../engine/tf.ts';
import type { Engine, NamedArrays, StepScope, Tensors, Variable } from '../../../engine/types.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import { joined } from '../../shared/network-predictor.ts';
import { addedVectors, taskVectors } from './task-vectors.ts';

/** A start and task vectors as resident variables, so that steps can merge them anew with other coefficients. */
export interface ResidentVectors {
  /** How many models they come from. */
  readonly models: number;
  /** Tensors of the start that task vectors belong to, in the network's order. */
  readonly merged: readonly { readonly name: string; readonly start: Variable; readonly vectors: Variable }[];
  /** Tensors that are not merged: heads. */
  readonly fixed: readonly { readonly name: string; readonly start: Variable }[];
}

/**
 * Makes the variables.
 *
 * @param heads tensors of the network that are not merged.
 * @throws RangeError when models and base have different tensors.
 */
export function residentVectors(
  engine: Engine,
  network: Network,
  base: NamedArrays,
  models: readonly NamedArrays[],
  heads: NamedArrays,
): ResidentVectors {
  return residentChanges(engine, network, base, taskVectors(models, base), heads);
}

/** The same from task vectors, which may have been changed since. */
export function residentChanges(
  engine: Engine,
  network: Network,
  base: NamedArrays,
  vectors: readonly NamedArrays[],
  heads: NamedArrays,
): ResidentVectors {
  const values = { ...heads, ...base };
  const start = (name: string, shape: readonly number[]): Variable =>
    engine.variable(`start/${name}`, { shape, dtype: 'float32' }, values[name]);
  return {
    models: vectors.length,
    merged: network.params
      .filter(({ name }) => name in base)
      .map(({ name, shape }) => {
        const spec = { shape: [vectors.length, base[name].length], dtype: 'float32' } as const;
        const stacked = joined(vectors.map((vector) => vector[name]));
        return { name, start: start(name, shape), vectors: engine.variable(`vectors/${name}`, spec, stacked) };
      }),
    fixed: network.params
      .filter(({ name }) => !(name in base))
      .map(({ name, shape }) => ({ name, start: start(name, shape) })),
  };
}

/**
 * Inside a step: θ0 + Σ_t λ_t τ_t with gradients with respect to λ.
 *
 * @param lambda [1, models] for one coefficient a model, or [merged tensors, models] for one a tensor and model.
 * @param masks by the tensor's name: what its change is multiplied by, entry by entry.
 */
export function mergedTensors(
  scope: StepScope,
  { models, merged, fixed }: ResidentVectors,
  lambda: Tensor,
  masks: Tensors = {},
): Tensors {
  const [rows] = lambda.shape;
  return Object.fromEntries([
    ...merged.map(({ name, start, vectors }, index) => {
      const coefficients = rows > 1 ? tf.slice(lambda, [index, 0], [1, models]) : lambda;
      const change = tf.reshape(tf.matMul(coefficients, scope.read(vectors)), [...start.shape]);
      const masked = name in masks ? tf.mul(change, masks[name]) : change;
      return [name, tf.add(scope.read(start), masked)] as const;
    }),
    ...fixed.map(({ name, start }) => [name, scope.read(start)] as const),
  ]);
}

/** θ0 + Σ_t λ_t^l v_t^l, outside of steps; tensors in this order, coefficients [1, models] or [tensors, models]. */
export function mergedArrays(
  base: NamedArrays,
  vectors: readonly NamedArrays[],
  names: readonly string[],
  coefficients: ArrayLike<number>,
): NamedArrays {
  const perTensor = coefficients.length > vectors.length;
  const merged: NamedArrays = { ...base };
  names.forEach((name, tensor) => {
    const row = vectors.map((_, model) => coefficients[(perTensor ? tensor : 0) * vectors.length + model]);
    merged[name] = addedVectors(
      base[name],
      vectors.map((vector) => vector[name]),
      1,
      row,
    );
  });
  return merged;
}

/** Coefficients [tensors × models], or of one row for all tensors, as a picture has them. */
export const coefficientRows = (models: number, values: ArrayLike<number>): number[][] =>
  Array.from({ length: values.length / models }, (_, row) =>
    Array.from({ length: models }, (__, model) => values[row * models + model]),
  );

/** Coefficients as a note: one row for all tensors, or one a tensor. */
export const coefficientNote = (symbol: string, rows: number, values: ArrayLike<number>): string =>
  `${symbol} of the models, ${rows === 1 ? 'one each' : 'row by row of tensors'}: ` +
  Array.from(values, (value) => value.toFixed(3)).join(' ');
