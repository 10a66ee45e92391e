import type { Stream } from '../../../engine/random/streams.ts';
import type { NamedArrays } from '../../../engine/types.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import { maximumAssignment } from './assignment.ts';
import { identityPermutations, permutationAxes, permuteParameter, unitRows } from './permutations.ts';
import type { Permutations, UnitRows } from './permutations.ts';

/** An improvement below this share of the objective is rounding: the sweep counts as without progress. */
const TOLERANCE = 1e-9;

export interface Matching {
  readonly permutations: Permutations;
  /** ⟨θ_A, π(θ_B)⟩ over the permutable parameters before the first sweep and after each. */
  readonly objective: readonly number[];
  /** False when the sweeps ran out before nothing changed. */
  readonly converged: boolean;
}

/**
 * Weight matching (Ainsworth et al. 2023, algorithm 1): permutations π of hidden units that make ⟨θ_A, π(θ_B)⟩ large,
 * by coordinate descent. Each permutation in turn, in random order, becomes the best one for the others as they are (a
 * linear assignment). No step lowers the objective. Of the architecture it needs the permutation specification alone.
 * Yields the number of sweeps done. It begins with no unit moved unless told.
 */
export function* matchWeights(
  network: Network,
  a: NamedArrays,
  b: NamedArrays,
  stream: Stream,
  sweepsAtMost: number,
  from: Permutations = identityPermutations(network),
): Generator<number, Matching, void> {
  const parameters = new Set(network.params.map(({ name }) => name));
  // Statistics follow the units but do not vote: they are no parameters.
  const all = [...permutationAxes(network)].map(([name, { size, axes }]) => ({
    name,
    size,
    axes: axes.filter(({ parameter }) => parameters.has(parameter.name)),
  }));
  const permutations: Record<string, Int32Array> = { ...from };
  const objective = [innerProduct(network, a, b, permutations)];
  for (let sweep = 1; sweep <= sweepsAtMost; sweep += 1) {
    let progress = false;
    for (const index of stream.permutation(all.length)) {
      const { name, size, axes } = all[index];
      const gains = new Float64Array(size * size);
      for (const { parameter, axis } of axes) {
        const others = permuteParameter(network, parameter, b[parameter.name], permutations, name);
        addProducts(
          gains,
          unitRows(a[parameter.name], parameter, axis, size),
          unitRows(others, parameter, axis, size),
          size,
        );
      }
      const value = (permutation: Int32Array): number =>
        permutation.reduce((sum, column, row) => sum + gains[row * size + column], 0);
      const best = maximumAssignment(gains, size);
      const before = value(permutations[name]);
      if (value(best) > before + TOLERANCE * Math.max(1, Math.abs(before))) {
        permutations[name] = best;
        progress = true;
      }
    }
    objective.push(innerProduct(network, a, b, permutations));
    if (!progress) return { permutations, objective, converged: true };
    yield sweep;
  }
  return { permutations, objective, converged: false };
}

/** Σ over permutable parameters of ⟨a, π(b)⟩. */
function innerProduct(network: Network, a: NamedArrays, b: NamedArrays, permutations: Permutations): number {
  let sum = 0;
  for (const parameter of network.params) {
    const left = a[parameter.name];
    permuteParameter(network, parameter, b[parameter.name], permutations, null).forEach((value, at) => {
      sum += value * left[at];
    });
  }
  return sum;
}

/** gains[i][j] += row i of a · row j of b; two rows of each at a time, so that every number read is used twice. */
function addProducts(
  gains: Float64Array,
  { rows: left, width }: UnitRows,
  { rows: right }: UnitRows,
  size: number,
): void {
  for (let i = 0; i < size; i += 2) {
    // An odd last row stands in for its missing neighbour, whose sums are not kept.
    const first = i * width;
    const second = Math.min(i + 1, size - 1) * width;
    for (let j = 0; j < size; j += 2) {
      const third = j * width;
      const fourth = Math.min(j + 1, size - 1) * width;
      let [s00, s01, s10, s11] = [0, 0, 0, 0];
      for (let k = 0; k < width; k += 1) {
        const a0 = left[first + k];
        const a1 = left[second + k];
        const b0 = right[third + k];
        const b1 = right[fourth + k];
        s00 += a0 * b0;
        s01 += a0 * b1;
        s10 += a1 * b0;
        s11 += a1 * b1;
      }
      gains[i * size + j] += s00;
      if (j + 1 < size) gains[i * size + j + 1] += s01;
      if (i + 1 < size) gains[(i + 1) * size + j] += s10;
      if (i + 1 < size && j + 1 < size) gains[(i + 1) * size + j + 1] += s11;
    }
  }
}
