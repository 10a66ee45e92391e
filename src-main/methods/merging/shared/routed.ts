import { tf, type Tensor } from '../../../engine/tf.ts';
import type { ApplyOptions, NamedArrays, StepScope, Tensors } from '../../../engine/types.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import { rowsPerEvaluation } from '../../shared/work-sizes.ts';
import type { ResidentVectors } from './merged-weights.ts';

/** Inside a step: the tensors of the start, and those that are not merged. */
export const startTensors = (scope: StepScope, { merged, fixed }: ResidentVectors): Tensors =>
  Object.fromEntries([...merged, ...fixed].map(({ name, start }) => [name, scope.read(start)]));

/**
 * Inside a step, for a net that is asked with its start's tensors: dense layers answer as if their weights were
 * W0 + Σ_t λ_t τ_t, with λ of each row alone or of all rows together. x·(W0 + Σ λ_t τ_t) = x·W0 + Σ λ_t (x·τ_t), so
 * that no row needs weights of its own.
 *
 * @param lambda [B, models] or [1, models] for a layer and its input, or null where the layer stays as it is.
 */
export function routedTap(
  scope: StepScope,
  { models, merged }: ResidentVectors,
  lambda: (layer: string, x: Tensor) => Tensor | null,
): NonNullable<ApplyOptions['tap']> {
  const stacked = new Map(merged.map((tensor) => [tensor.name, tensor]));
  return (layer, x, output) => {
    const [kernel, bias] = [stacked.get(`${layer}/kernel`), stacked.get(`${layer}/bias`)];
    const coefficients = kernel === undefined ? null : lambda(layer, x);
    if (kernel === undefined || coefficients === null) return output;
    const [inputs, outputs] = kernel.start.shape;
    let sum = output;
    for (let model = 0; model < models; model += 1) {
      const change = tf.slice(scope.read(kernel.vectors), [model, 0], [1, inputs * outputs]);
      const product = tf.matMul(x, tf.reshape(change, [inputs, outputs]));
      const own =
        bias === undefined ? product : tf.add(product, tf.slice(scope.read(bias.vectors), [model, 0], [1, outputs]));
      sum = tf.add(sum, tf.mul(own, tf.slice(coefficients, [0, model], [coefficients.shape[0], 1])));
    }
    return sum;
  };
}

/**
 * Means of consecutive rows [B, n], so many together, the last ones perhaps fewer; every row has its group's: 1 leaves
 * rows as they are. A batch of rows shares its λ this way however many batches are answered at once.
 */
export function groupMeans(values: Tensor, size: number): Tensor {
  const [rows, width] = values.shape;
  if (size === 1) return values;
  const whole = Math.floor(rows / size) * size;
  const mean = (first: number, count: number, of: number): Tensor => {
    const groups = tf.reshape(tf.slice(values, [first, 0], [count, width]), [count / of, of, width]);
    return tf.reshape(tf.tile(tf.mean(groups, 1, true), [1, of, 1]), [count, width]);
  };
  if (size >= rows) return mean(0, rows, rows);
  return whole === rows
    ? mean(0, rows, size)
    : tf.concat([mean(0, whole, size), mean(whole, rows - whole, rows - whole)]);
}

/** Dense layers of what is merged, in the order of the network. */
export const trunkLayers = (
  { params }: Pick<Network, 'params'>,
  merged: NamedArrays,
): { readonly layer: string; readonly inputs: number }[] =>
  params
    .filter(({ name, shape }) => name in merged && name.endsWith('/kernel') && shape.length === 2)
    .map(({ name, shape }) => ({ layer: name.slice(0, name.lastIndexOf('/')), inputs: shape[0] }));

/** Why nets of a suite can't be routed row by row, or true: other layers than dense ones have weights. */
export function routable({
  id,
  network,
}: {
  readonly id: string;
  readonly network: { readonly layers: readonly { readonly kind: string }[] };
}): true | string {
  const plain = new Set(['dense', 'relu', 'leaky-relu', 'sigmoid', 'unit-length', 'flatten', 'dropout']);
  const other = network.layers.find(({ kind }) => !plain.has(kind));
  return other === undefined || `Rows are routed through dense layers alone; the network of ${id} has "${other.kind}".`;
}

/** Rows that are answered at once where so many share their λ: whole groups. */
export const rowsAtOnce = (network: Network, together: number): number =>
  Math.max(1, Math.floor(rowsPerEvaluation(network) / together)) * together;
