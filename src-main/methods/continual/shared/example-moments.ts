import { valueAndGradients } from '../../../engine/losses.ts';
import { tf, type Scalar, type Tensor } from '../../../engine/tf.ts';
import type { Tensors } from '../../../engine/types.ts';
import { isConvolutional } from '../../../engine/networks/specification.ts';
import type { Network } from '../../../engine/networks/specification.ts';

/** A sum over examples of something differentiable in the logits; `weights` [B] multiply the moment of each example. */
export interface ExampleObjective {
  sum(logits: Tensor): Scalar;
  readonly weights?: Tensor;
}

/**
 * Sum over a batch of a moment of per-example parameter gradients, Σᵢ wᵢ |∂ℓᵢ/∂θ|ᵖ with p = 2 (`square`) or 1
 * (`absolute`), for every parameter of the network in evaluation mode, without a pass per example. From each layer's
 * input and the gradient D at its affine output:
 *
 * - dense: example i's kernel gradient is aᵢ dᵢᵀ, so the kernel's moment is |A|ᵖᵀ (w·|D|ᵖ) and the bias's Σ w·|D|ᵖ
 *   (Goodfellow 2015, arXiv:1510.01799);
 * - convolution: it is Pᵢᵀ Dᵢ with Pᵢ [positions × taps·in] the patches that the kernel saw, one small matrix product
 *   per example (Rochette et al. 2019, arXiv:1912.06015). Patches and products of a batch are in memory together: some
 *   9 × the batch's feature maps;
 * - batch norm at its running statistics: scale and offset are given to the network once per example, and
 *   differentiated as such.
 *
 * `objectivesAt` is given the network's logits. For one objective of dense layers one forward pass serves them and the
 * gradients: each layer is differentiated at the output that the pass found, so that what it computes again is not used
 * and a recorded step leaves it out. Elsewhere that would change the last bits of what older trials measured
 * (TensorFlow rounds a convolution otherwise once it is fused with its rectifier, and the order in which it adds many
 * sums depends on the rest of the graph), and saves little, as it merges most of what is computed twice.
 */
export function exampleMoments(
  network: Network,
  values: { params: Tensors; state: Tensors },
  x: Tensor,
  objectivesAt: (logits: Tensor) => readonly ExampleObjective[],
  moment: 'square' | 'absolute',
): Tensors {
  const inputs: Record<string, Tensor> = {};
  const outputs: Record<string, Tensor> = {};
  const { logits } = network.apply(values, x, {
    mode: 'eval',
    tap: (layer, input, output) => {
      inputs[layer] = input;
      outputs[layer] = output;
      return output;
    },
  });
  const copies = Object.fromEntries(
    network.params
      .filter(({ role }) => role === 'scale' || role === 'offset')
      .map(({ name }) => [name, perExample(values.params[name], outputs[layerOf(name)])]),
  );
  const power = (tensor: Tensor): Tensor => (moment === 'square' ? tf.square(tensor) : tf.abs(tensor));
  const sums: Record<string, Tensor> = {};
  const add = (name: string, value: Tensor): void => {
    sums[name] = name in sums ? tf.add(sums[name], value) : value;
  };
  const objectives = objectivesAt(logits);
  const again =
    !isConvolutional(network.spec) && objectives.length === 1
      ? atValue
      : (_known: Tensor, computed: Tensor, probe: Tensor): Tensor => tf.add(computed, probe);
  for (const { sum, weights } of objectives) {
    const weighted = (moments: Tensor): Tensor =>
      weights === undefined
        ? moments
        : tf.mul(moments, tf.reshape(weights, [weights.size, ...moments.shape.slice(1).fill(1)]));
    const zeros = Object.fromEntries(Object.entries(outputs).map(([layer, output]) => [layer, tf.zerosLike(output)]));
    const { gradients } = valueAndGradients(
      (probes) => {
        const params = {
          ...values.params,
          ...Object.fromEntries(Object.keys(copies).map((name) => [name, probes[name]])),
        };
        return sum(
          network.apply({ params, state: values.state }, x, {
            mode: 'eval',
            tap: (layer, _input, output) => again(outputs[layer], output, probes[layer]),
          }).logits,
        );
      },
      { ...zeros, ...copies },
    );
    for (const layer of Object.keys(outputs)) {
      const gradient = gradients[layer];
      if (gradient.rank === 2) {
        const moments = weighted(power(gradient));
        add(`${layer}/kernel`, tf.matMul(power(inputs[layer]), moments, true, false));
        add(`${layer}/bias`, tf.sum(moments, 0));
      } else {
        add(
          `${layer}/kernel`,
          tf.reshape(
            tf.sum(weighted(power(kernelGradients(inputs[layer], gradient))), 0),
            values.params[`${layer}/kernel`].shape,
          ),
        );
        add(`${layer}/bias`, tf.sum(weighted(power(tf.sum(gradient, [1, 2]))), 0));
      }
    }
    for (const name of Object.keys(copies))
      add(name, tf.reshape(tf.sum(weighted(power(gradients[name])), 0), values.params[name].shape));
  }
  return sums;
}

/** Answers `known`, with the gradient of `computed` + `probe`. The two are equal while the probe is zero. */
function atValue(known: Tensor, computed: Tensor, probe: Tensor): Tensor {
  return tf.customGrad(() => ({ value: known.clone(), gradFunc: (dy: Tensor) => [dy, dy] }))(computed, probe);
}

const layerOf = (parameter: string): string => parameter.slice(0, parameter.lastIndexOf('/'));

/** A vector over channels [C] as a copy for each example, ready to meet a layer's output: [B, C] or [B, 1, 1, C]. */
function perExample(vector: Tensor, output: Tensor): Tensor {
  const ones = output.shape.slice(1, -1).fill(1);
  return tf.tile(tf.reshape(vector, [1, ...ones, vector.size]), [output.shape[0], ...ones, 1]);
}

/**
 * The gradient of each example for the kernel of a 3×3 convolution with stride 1 that keeps height and width: input [B,
 * H, W, in] and gradient of its output [B, H, W, out] → [B, 9·in, out], rows in the kernel's own order (row, column,
 * channel).
 */
function kernelGradients(input: Tensor, gradient: Tensor): Tensor {
  const [batch, height, width, channels] = input.shape;
  const [, , , filters] = gradient.shape;
  const padded = tf.pad(input, [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
  const taps = [0, 1, 2].flatMap((down) =>
    [0, 1, 2].map((right) => tf.slice(padded, [0, down, right, 0], [batch, height, width, channels])),
  );
  const patches = tf.reshape(tf.concat(taps, -1), [batch, height * width, taps.length * channels]);
  return tf.matMul(patches, tf.reshape(gradient, [batch, height * width, filters]), true, false);
}
