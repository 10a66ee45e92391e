import { tf } from '../tf.ts';
import type { Tensor } from '../tf.ts';
import { assertRank4 } from './layers.ts';

/**
 * Gives tfjs's WebAssembly backend the kernel that it lacks for training convolutions, Conv2DBackpropFilter: for each tap of the filter,
 * (the input seen by this tap)ᵀ · (gradient of the output), as one matrix product. Does nothing where the kernel is there.
 */
export function registerFilterGradient(backend: string): void {
  if (tf.getKernel('Conv2DBackpropFilter', backend) !== undefined) return;
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter', backendName: backend,
    kernelFunc({ inputs, attrs }) {
      const { strides, pad, filterShape } = attributes(attrs);
      return filterGradient(tensor(inputs['x']), tensor(inputs['dy']), filterShape, strides, pad);
    },
  });
}

/** Gradient [height, width, in, out] of a convolution's kernel from its input x [B, H, W, in] and its output's gradient dy [B, H', W', out]. */
export function filterGradient(x: Tensor, dy: Tensor, filterShape: readonly [number, number, number, number], strides: readonly [number, number], pad: 'same' | 'valid'): Tensor {
  return tf.tidy(() => {
    assertRank4(x, 'The input of a convolution');
    assertRank4(dy, "The gradient of a convolution's output");
    const [batch, height, width, channels] = x.shape;
    const [, outHeight, outWidth, filters] = dy.shape;
    const [tapsDown, tapsRight] = filterShape;
    const missing = (size: number, out: number, taps: number, stride: number): [number, number] => {
      const total = pad === 'same' ? Math.max(0, (out - 1) * stride + taps - size) : 0;
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    };
    const padded = tf.pad(x, [[0, 0], missing(height, outHeight, tapsDown, strides[0]), missing(width, outWidth, tapsRight, strides[1]), [0, 0]]);
    const gradient = tf.reshape(dy, [batch * outHeight * outWidth, filters]);
    const taps: Tensor[] = [];
    for (let down = 0; down < tapsDown; down += 1) {
      for (let right = 0; right < tapsRight; right += 1) {
        const seen = tf.stridedSlice(padded, [0, down, right, 0], [batch, down + (outHeight - 1) * strides[0] + 1, right + (outWidth - 1) * strides[1] + 1, channels], [1, strides[0], strides[1], 1]);
        taps.push(tf.matMul(tf.reshape(seen, [batch * outHeight * outWidth, channels]), gradient, true, false));
      }
    }
    return tf.reshape(tf.stack(taps), [...filterShape]);
  });
}

/** Kernels are handed the tensors themselves; a second tensor over the same data would free it too early. */
function tensor(input: unknown): Tensor {
  if (input instanceof tf.Tensor) return input;
  throw new Error('Conv2DBackpropFilter was called without its tensors.');
}

/** What tfjs passes to this kernel; our networks use stride and padding in these forms only. */
function attributes(attrs: Readonly<Record<string, unknown>> | undefined): { strides: [number, number]; pad: 'same' | 'valid'; filterShape: [number, number, number, number] } {
  const { strides, pad, filterShape } = attrs ?? {};
  const [down, right] = Array.isArray(strides) ? strides : [strides, strides];
  if (typeof down !== 'number' || typeof right !== 'number' || (pad !== 'same' && pad !== 'valid') || !Array.isArray(filterShape)) {
    throw new Error(`Conv2DBackpropFilter: strides, padding or filter shape are of a form that is not supported (${JSON.stringify(attrs)}).`);
  }
  const [height, width, input, output]: number[] = filterShape;
  return { strides: [down, right], pad, filterShape: [height, width, input, output] };
}
