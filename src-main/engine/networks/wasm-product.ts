import { tf } from '../tf.ts';
import type { Tensor } from '../tf.ts';
import { givenTensor, keepOriginal } from './wasm-kernel.ts';

/**
 * Makes tfjs's WebAssembly backend multiply transposed matrices as fast as others. Every gradient of a dense layer
 * does that. The backend hands only plain products to XNNPACK, and its own kernel for the rest is some ten times
 * slower.
 */
export function registerTransposedProducts(backend: string): void {
  keepOriginal('BatchMatMul', 'BatchMatMulPlain', backend, (original) => (parameters) => {
    const { inputs, attrs } = parameters;
    const transposeA = attrs?.['transposeA'] === true,
      transposeB = attrs?.['transposeB'] === true;
    return transposeA || transposeB
      ? product(
          givenTensor(inputs['a'], 'BatchMatMul'),
          givenTensor(inputs['b'], 'BatchMatMul'),
          transposeA,
          transposeB,
        )
      : original(parameters);
  });
}

/**
 * a·b over the last two axes, either factor transposed first, by plain products only. One can transpose a factor, or
 * multiply in the other order and transpose the product. It does what moves fewer numbers.
 */
export function product(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  return tf.tidy(() => {
    if (transposeA && transposeB) return swapped(tf.matMul(b, a));
    const inside = a.shape[a.rank - (transposeA ? 2 : 1)];
    const above = a.size / inside,
      across = b.size / inside;
    const moved = transposeA ? a.size : b.size;
    const movedOtherwise = (transposeA ? b.size : a.size) + above * across;
    if (transposeA) return moved <= movedOtherwise ? tf.matMul(swapped(a), b) : swapped(tf.matMul(swapped(b), a));
    return moved <= movedOtherwise ? tf.matMul(a, swapped(b)) : swapped(tf.matMul(b, swapped(a)));
  });
}

/** The last two axes exchanged. */
function swapped(x: Tensor): Tensor {
  const axes = Array.from({ length: x.rank }, (_, axis) => axis);
  return tf.transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}
