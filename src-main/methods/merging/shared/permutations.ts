import type { NamedArrays, ParameterSpec } from '../../../engine/types.ts';
import type { Network } from '../../../engine/networks/specification.ts';

/** For each permutation of the network's specification: new unit j = old unit p[j]. */
export type Permutations = Readonly<Record<string, Int32Array>>;

/** One axis of one parameter on which a permutation acts. */
export interface PermutedAxis {
  readonly parameter: ParameterSpec;
  readonly axis: number;
}

/** Permutations by name, with their size and every axis they act on (parameters and statistics alike). */
export function permutationAxes(
  network: Network,
): ReadonlyMap<string, { readonly size: number; readonly axes: readonly PermutedAxis[] }> {
  const found = new Map<string, { size: number; axes: PermutedAxis[] }>();
  for (const parameter of [...network.params, ...network.state]) {
    (network.permutations.axes[parameter.name] ?? []).forEach((name, axis) => {
      if (name === null) return;
      const entry = found.get(name) ?? { size: Infinity, axes: [] };
      // A flattened feature map's axis is a multiple of the permutation's size: the smallest axis is the size.
      found.set(name, {
        size: Math.min(entry.size, parameter.shape[axis]),
        axes: [...entry.axes, { parameter, axis }],
      });
    });
  }
  return found;
}

/** A permutation that changes nothing, for every name. */
export function identityPermutations(network: Network): Record<string, Int32Array> {
  return Object.fromEntries(
    [...permutationAxes(network)].map(([name, { size }]) => [
      name,
      Int32Array.from({ length: size }, (_, unit) => unit),
    ]),
  );
}

/**
 * The same function with its hidden units in another order: every axis that the network's specification names is
 * reordered.
 *
 * @throws RangeError when a permutation's length does not divide an axis it acts on.
 */
export function permuteNetwork(network: Network, values: NamedArrays, permutations: Permutations): NamedArrays {
  return Object.fromEntries(
    [...network.params, ...network.state].map((parameter) => [
      parameter.name,
      permuteParameter(network, parameter, values[parameter.name], permutations, null),
    ]),
  );
}

/** One parameter with all its axes permuted but those of the permutation `except`. */
export function permuteParameter(
  network: Network,
  parameter: ParameterSpec,
  values: Float32Array,
  permutations: Permutations,
  except: string | null,
): Float32Array {
  let result = values;
  (network.permutations.axes[parameter.name] ?? []).forEach((name, axis) => {
    if (name !== null && name !== except && permutations[name] !== undefined)
      result = permuteAxis(result, parameter, axis, permutations[name]);
  });
  return result;
}

function permuteAxis(
  values: Float32Array,
  { name, shape }: ParameterSpec,
  axis: number,
  permutation: Int32Array,
): Float32Array {
  const length = shape[axis];
  const size = permutation.length;
  if (length % size !== 0)
    throw new RangeError(`A permutation of ${size} units can't act on axis ${axis} of ${name}, which has ${length}.`);
  const inner = shape.slice(axis + 1).reduce((product, n) => product * n, 1);
  const outer = values.length / (length * inner);
  const out = new Float32Array(values.length);
  for (let o = 0; o < outer; o += 1) {
    for (let block = 0; block < length; block += size) {
      for (let unit = 0; unit < size; unit += 1) {
        const from = (o * length + block + permutation[unit]) * inner;
        out.set(values.subarray(from, from + inner), (o * length + block + unit) * inner);
      }
    }
  }
  return out;
}

/** [units × width], row-major; doubles, so that long sums of products keep their digits. */
export interface UnitRows {
  readonly rows: Float64Array;
  readonly width: number;
}

/** Everything that belongs to each unit as one row, for an axis that holds blocks of `size` units. */
export function unitRows(values: Float32Array, { shape }: ParameterSpec, axis: number, size: number): UnitRows {
  const length = shape[axis];
  const inner = shape.slice(axis + 1).reduce((product, n) => product * n, 1);
  const outer = values.length / (length * inner);
  const blocks = length / size;
  const width = outer * blocks * inner;
  const rows = new Float64Array(size * width);
  for (let o = 0; o < outer; o += 1) {
    for (let block = 0; block < blocks; block += 1) {
      for (let unit = 0; unit < size; unit += 1) {
        const from = (o * length + block * size + unit) * inner;
        rows.set(values.subarray(from, from + inner), unit * width + (o * blocks + block) * inner);
      }
    }
  }
  return { rows, width };
}
