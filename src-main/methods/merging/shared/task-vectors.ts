import type { NamedArrays } from '../../../engine/types.ts';
import type { MergedTensor } from '../../tensor-merge.ts';
import { weightedSum } from './sums.ts';

/**
 * Checks that models have the same tensors, so that they can be merged entry by entry.
 *
 * @throws RangeError that names the first tensor that differs.
 */
export function checkAlike(models: readonly NamedArrays[]): void {
  if (models.length === 0) throw new RangeError('A merge needs at least one model; none was given.');
  const [first, ...others] = models;
  others.forEach((model, index) => {
    const names = new Set([...Object.keys(first), ...Object.keys(model)]);
    for (const name of names) {
      const [here, there] = [first[name]?.length, model[name]?.length];
      if (here !== there)
        throw new RangeError(
          `Only models with the same tensors can be merged entry by entry: ${name} has ${String(here ?? 'no')} ` +
            `entries in model 0 and ${String(there ?? 'none')} in model ${index + 1}.`,
        );
    }
  });
}

/** The task vector τ = θ − θ0 (Ilharco et al. 2023, section 2), tensor by tensor, in float32. */
function taskVector(model: NamedArrays, base: NamedArrays): NamedArrays {
  return Object.fromEntries(
    Object.entries(base).map(([name, start]) => [name, start.map((value, at) => model[name][at] - value)]),
  );
}

/** Task vectors of several models with one start; refuses models that are not alike. */
export function taskVectors(models: readonly NamedArrays[], base: NamedArrays): NamedArrays[] {
  checkAlike([base, ...models]);
  return models.map((model) => taskVector(model, base));
}

/**
 * The task vectors of one tensor, one a model, in float32.
 *
 * @throws RangeError without a start.
 */
export function tensorTaskVectors({ name, base, models }: Pick<MergedTensor, 'name' | 'base' | 'models'>): {
  readonly start: Float32Array;
  readonly vectors: readonly Float32Array[];
} {
  if (base === null) throw new RangeError(`${name} has no start, so there are no task vectors of it.`);
  const vectors = models.map((model) => {
    const vector = new Float32Array(base.length);
    for (let at = 0; at < vector.length; at += 1) vector[at] = model[at] - base[at];
    return vector;
  });
  return { start: base, vectors };
}

/**
 * θ0 + λ Σ_t w_t v_t of one tensor; sums are made in double precision and rounded once.
 *
 * @param weights one weight a vector; all 1 unless told.
 */
export function addedVectors(
  start: Float32Array,
  vectors: readonly ArrayLike<number>[],
  scale: number,
  weights: readonly number[] = vectors.map(() => 1),
): Float32Array {
  const sum = weightedSum(vectors, weights);
  for (let at = 0; at < sum.length; at += 1) sum[at] = start[at] + scale * sum[at];
  return new Float32Array(sum);
}

/** The same for all tensors of a net. */
export function addedTo(
  base: NamedArrays,
  vectors: readonly NamedArrays[],
  scale: number,
  weights?: readonly number[],
): NamedArrays {
  return Object.fromEntries(
    Object.entries(base).map(([name, start]) => [
      name,
      addedVectors(
        start,
        vectors.map((vector) => vector[name]),
        scale,
        weights,
      ),
    ]),
  );
}
