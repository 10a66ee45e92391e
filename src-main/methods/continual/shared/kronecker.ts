import { crossEntropyPerExample, valueAndGradients } from '../../../engine/losses.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import { tf, type Tensor } from '../../../engine/tf.ts';
import type { Tensors } from '../../../engine/types.ts';
import type { FisherLabels } from './importance.ts';

/** The two factors of a layer's Fisher information A ⊗ G: of its inputs with a constant 1, and of its outputs. */
export interface KroneckerFactors<T> {
  readonly inputs: T;
  readonly outputs: T;
}

/**
 * Inside a step: by dense layer, Σ a aᵀ over examples and Σ d dᵀ of the gradients d of their losses at its affine
 * outputs (Martens & Grosse 2015, eqs. 1 to 3). `masked` is done to logits first; labels as for diagonals.
 */
export function factorSums(
  network: Network,
  params: Tensors,
  { x, y }: { readonly x: Tensor; readonly y: Tensor },
  masked: (logits: Tensor) => Tensor,
  labels: FisherLabels,
): Record<string, KroneckerFactors<Tensor>> {
  const inputs: Record<string, Tensor> = {};
  const zeros: Record<string, Tensor> = {};
  const { logits } = network.apply({ params, state: {} }, x, {
    mode: 'eval',
    tap: (layer, input, output) => {
      inputs[layer] = input;
      zeros[layer] = tf.zerosLike(output);
      return output;
    },
  });
  const rows = x.shape[0];
  const answers = masked(logits);
  const outer = (targets: Tensor, weights: Tensor | null): Tensors => {
    const { gradients } = valueAndGradients(
      (probes) =>
        tf
          .sum(
            crossEntropyPerExample(
              masked(
                network.apply({ params, state: {} }, x, {
                  mode: 'eval',
                  tap: (layer, _input, output) => tf.add(output, probes[layer]),
                }).logits,
              ),
              targets,
            ),
          )
          .asScalar(),
      zeros,
    );
    return Object.fromEntries(
      Object.entries(gradients).map(([layer, d]) => [
        layer,
        tf.matMul(weights === null ? d : tf.mul(d, tf.expandDims(weights, 1)), d, true, false),
      ]),
    );
  };
  const sums = (): Tensors => {
    if (labels === 'given') return outer(y, null);
    if (labels === 'predicted') return outer(tf.argMax(answers, 1), null);
    const probabilities = tf.softmax(answers);
    const each = Array.from({ length: network.outputs }, (_, label) =>
      outer(tf.fill([rows], label, 'int32'), tf.reshape(tf.slice(probabilities, [0, label], [rows, 1]), [rows])),
    );
    return Object.fromEntries(Object.keys(zeros).map((layer) => [layer, tf.addN(each.map((one) => one[layer]))]));
  };
  const ofOutputs = sums();
  return Object.fromEntries(
    Object.entries(inputs).map(([layer, a]) => {
      const withOne = `${layer}/bias` in params ? tf.concat([a, tf.ones([rows, 1])], 1) : a;
      return [layer, { inputs: tf.matMul(withOne, withOne, true, false), outputs: ofOutputs[layer] }];
    }),
  );
}

type Matrix = ArrayLike<number>;

/**
 * The Kronecker product nearest to A₁ ⊗ G₁ + A₂ ⊗ G₂ in the Frobenius norm: rearranged, the sum has rank two, and its
 * nearest matrix of rank one follows from the inner products of the factors (van Loan & Pitsianis 1993).
 */
export function nearestKronecker(
  one: KroneckerFactors<Matrix>,
  two: KroneckerFactors<Matrix>,
): KroneckerFactors<Float32Array> {
  const gram = (a: Matrix, b: Matrix): readonly number[] => [dot(a, a), dot(a, b), dot(b, b)];
  const [a11, a12, a22] = gram(one.inputs, two.inputs);
  const [g11, g12, g22] = gram(one.outputs, two.outputs);
  if (a11 * g11 === 0) return { inputs: Float32Array.from(two.inputs), outputs: Float32Array.from(two.outputs) };
  // (GᵀG)(AᵀA) x = σ² x for the weights x of A₁ and A₂ in the left vector
  const [m11, m12, m21, m22] = [
    g11 * a11 + g12 * a12,
    g11 * a12 + g12 * a22,
    g12 * a11 + g22 * a12,
    g12 * a12 + g22 * a22,
  ];
  const half = (m11 + m22) / 2;
  const square = half + Math.sqrt(Math.max(0, half * half - (m11 * m22 - m12 * m21)));
  // The row of the larger entries says the vector with the smaller error.
  const [x1, x2] =
    Math.abs(m12) + Math.abs(square - m11) >= Math.abs(m21) + Math.abs(square - m22)
      ? [m12, square - m11]
      : [square - m22, m21];
  const left = (i: number): number => x1 * one.inputs[i] + x2 * two.inputs[i];
  const length = Math.sqrt(x1 * x1 * a11 + 2 * x1 * x2 * a12 + x2 * x2 * a22);
  const sign = x1 + x2 < 0 ? -1 : 1;
  const [w1, w2] = [(x1 * a11 + x2 * a12) / length, (x1 * a12 + x2 * a22) / length];
  // Both sides have the length √σ.
  const root = Math.sqrt(Math.sqrt(square));
  return {
    inputs: Float32Array.from(one.inputs, (_, i) => (sign * root * left(i)) / length),
    outputs: Float32Array.from(one.outputs, (g, i) => (sign * (w1 * g + w2 * two.outputs[i])) / root),
  };
}

const dot = (a: Matrix, b: Matrix): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};
