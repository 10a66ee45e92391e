import { tf } from '../../../engine/tf.ts';
import type { Tensor } from '../../../engine/tf.ts';
import type { Engine, NamedArrays } from '../../../engine/types.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import { networkVariables, readAll } from '../../shared/network-variables.ts';
import { rowsPerEvaluation } from '../../shared/work-sizes.ts';
import { maximumAssignment } from './assignment.ts';
import { passedFeeds } from './layer-statistics.ts';
import type { PassedRows } from './layer-statistics.ts';
import { permutationAxes } from './permutations.ts';
import type { Permutations } from './permutations.ts';

/** Mean products of the units of two nets over the same inputs; of maps, over all places of them. */
export interface UnitMoments {
  readonly units: number;
  /** E[a], E[a²] of each unit of the first net, and of the second. */
  readonly means: readonly [Float64Array, Float64Array];
  readonly squares: readonly [Float64Array, Float64Array];
  /** E[a bᵀ], units of the first × units of the second, row-major. */
  readonly products: Float64Array;
}

/** A net with its values. */
export interface MeasuredNet {
  readonly network: Network;
  readonly values: NamedArrays;
}

/**
 * Moments of what two nets of one architecture answer after their rectifiers, for each permutation of hidden units: of
 * everything that layers are given whose inputs this permutation reorders. So a stream through residual blocks counts
 * with every layer that reads it, and a flattened map with all its places.
 */
export async function crossMoments(
  engine: Engine,
  nets: readonly [MeasuredNet, MeasuredNet],
  parts: readonly PassedRows[],
): Promise<ReadonlyMap<string, UnitMoments>> {
  const sizes = new Map([...permutationAxes(nets[0].network)].map(([name, { size }]) => [name, size]));
  const variables = nets.map(({ network, values }, index) => {
    const made = networkVariables(engine, network, `net${index}`);
    made.load(values);
    return made;
  });
  const sums = new Map([...sizes].map(([name, units]) => [name, emptySums(units)]));
  for (const { inputs, ids } of parts) {
    const step = engine.compileStep({
      name: 'merging/cross-moments',
      inputs: { rows: { shape: [-1], dtype: 'int32' } },
      body({ rows }, scope) {
        const x = scope.gather(inputs, rows);
        const [first, second] = nets.map(({ network }, index) => {
          const given = new Map<string, Tensor[]>();
          const { parameters, statistics } = variables[index];
          network.apply({ params: readAll(scope, parameters), state: readAll(scope, statistics) }, x, {
            mode: 'eval',
            tap(layer, seen, output) {
              const name = permutationOfInputs(network, layer);
              const units = name === null ? undefined : sizes.get(name);
              if (name !== null && units !== undefined)
                given.set(name, [...(given.get(name) ?? []), tf.reshape(seen, [-1, units])]);
              return output;
            },
          });
          return given;
        });
        const outputs: Record<string, Tensor> = {};
        for (const [name, of] of first) {
          const [a, b] = [tf.concat(of, 0), tf.concat(second.get(name) ?? [], 0)];
          outputs[`products/${name}`] = tf.div(tf.matMul(a, b, true, false), a.shape[0]);
          [a, b].forEach((units, index) => {
            outputs[`means/${index}/${name}`] = tf.mean(units, 0);
            outputs[`squares/${index}/${name}`] = tf.mean(tf.square(units), 0);
          });
        }
        return outputs;
      },
    });
    const feeds = passedFeeds(ids, rowsPerEvaluation(nets[0].network));
    (await step.run(feeds)).forEach((found, at) => {
      for (const [name, sum] of sums) {
        const weight = feeds[at].rows.length;
        sum.count += weight;
        const add = (to: Float64Array, from: ArrayLike<number>): void =>
          to.forEach((_, entry) => {
            to[entry] += weight * from[entry];
          });
        add(sum.products, found[`products/${name}`]);
        sum.means.forEach((to, index) => add(to, found[`means/${index}/${name}`]));
        sum.squares.forEach((to, index) => add(to, found[`squares/${index}/${name}`]));
      }
    });
    step.dispose();
  }
  for (const { count, products, means, squares } of sums.values())
    for (const array of [products, ...means, ...squares])
      array.forEach((value, at) => {
        array[at] = value / count;
      });
  return sums;
}

function emptySums(units: number): UnitMoments & { count: number } {
  const make = (): Float64Array => new Float64Array(units);
  return {
    count: 0,
    units,
    means: [make(), make()],
    squares: [make(), make()],
    products: new Float64Array(units * units),
  };
}

/** The permutation that reorders what a layer is given: that of the last axis but one of its kernel. */
function permutationOfInputs({ permutations }: Network, layer: string): string | null {
  return permutations.axes[`${layer}/kernel`]?.at(-2) ?? null;
}

/** Added to the product of two deviations: the value of REPAIR's authors. */
const CORRELATION_EPSILON = 1e-4;

/**
 * For every permutation the order of the second net's units in which they answer most like the first's: the assignment
 * of the largest sum of E[ab], as the scripts of Git Re-Basin have it, or of correlations, as REPAIR has it.
 */
export function matchAnswers(
  moments: ReadonlyMap<string, UnitMoments>,
  similarity: 'inner-product' | 'correlation',
): Permutations {
  return Object.fromEntries(
    [...moments].map(([name, of]) => [
      name,
      maximumAssignment(similarity === 'inner-product' ? of.products : unitCorrelations(of), of.units),
    ]),
  );
}

/** (E[ab] − E[a]E[b]) / (σ_a σ_b + 1e-4). */
export function unitCorrelations({ units, means: [a, b], squares, products }: UnitMoments): Float64Array {
  const [first, second] = [a, b].map((mean, index) =>
    mean.map((value, unit) => Math.sqrt(Math.max(0, squares[index][unit] - value * value))),
  );
  return products.map((product, at) => {
    const [i, j] = [Math.floor(at / units), at % units];
    return (product - a[i] * b[j]) / (first[i] * second[j] + CORRELATION_EPSILON);
  });
}
