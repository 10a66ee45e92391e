import { valueAndGradients } from '../../../engine/losses.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import { tf, type Scalar, type Tensor } from '../../../engine/tf.ts';
import type { Tensors } from '../../../engine/types.ts';

/**
 * Inside a step: inner products [N, N] of the parameter gradients of N examples, for a network of dense layers. Of a
 * layer with inputs A and gradients D at its affine outputs, example i has the gradient aᵢ dᵢᵀ of the kernel and dᵢ of
 * the bias: the product is (A Aᵀ + 1) ∘ (D Dᵀ). No gradient of a single example is ever made. `sum` is the sum of
 * their losses from their logits.
 */
export function gradientProducts(
  network: Network,
  params: Tensors,
  x: Tensor,
  sum: (logits: Tensor) => Scalar,
): Tensor {
  const inputs: Record<string, Tensor> = {};
  const zeros: Record<string, Tensor> = {};
  network.apply({ params, state: {} }, x, {
    mode: 'eval',
    tap: (layer, input, output) => {
      inputs[layer] = input;
      zeros[layer] = tf.zerosLike(output);
      return output;
    },
  });
  const { gradients } = valueAndGradients(
    (probes) =>
      sum(
        network.apply({ params, state: {} }, x, {
          mode: 'eval',
          tap: (layer, _input, output) => tf.add(output, probes[layer]),
        }).logits,
      ),
    zeros,
  );
  return tf.addN(
    Object.keys(inputs).map((layer) => {
      const [a, d] = [inputs[layer], gradients[layer]];
      const ofInputs = tf.matMul(a, a, false, true);
      const hasBias = `${layer}/bias` in params;
      return tf.mul(hasBias ? tf.add(ofInputs, 1) : ofInputs, tf.matMul(d, d, false, true));
    }),
  );
}

/**
 * Cosines [own, groups] of the gradients of the first `own` examples with the mean gradients of groups of the rest, as
 * many in each, from their inner products [N, N]; 0 where a vector is 0.
 */
export function groupCosines(products: Tensor, own: number, groups: number): Tensor {
  const all = products.shape[0];
  const size = (all - own) / groups;
  const lengths = tf.sqrt(tf.maximum(tf.sum(tf.mul(products, tf.eye(all)), 1), 0));
  const between = tf.mean(tf.reshape(tf.slice(products, [0, own], [own, all - own]), [own, groups, size]), 2);
  const within = tf.reshape(tf.slice(products, [own, own], [all - own, all - own]), [groups, size, groups, size]);
  const squares = tf.sum(tf.mul(tf.mean(within, [1, 3]), tf.eye(groups)), 1);
  const ofOwn = tf.expandDims(tf.slice(lengths, [0], [own]), 1);
  return tf.divNoNan(between, tf.mul(ofOwn, tf.expandDims(tf.sqrt(tf.maximum(squares, 0)), 0)));
}
