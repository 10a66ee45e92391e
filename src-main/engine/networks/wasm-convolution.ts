import { tf } from '../tf.ts';
import type { Tensor } from '../tf.ts';
import { assertRank4 } from './ranks.ts';
import { givenTensor, keepOriginal } from './wasm-kernel.ts';

/**
 * Gives tfjs's WebAssembly backend the kernel that it lacks for training convolutions, Conv2DBackpropFilter. Does
 * nothing where the kernel is there.
 */
export function registerFilterGradient(backend: string): void {
  if (tf.getKernel('Conv2DBackpropFilter', backend) !== undefined) return;
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: backend,
    kernelFunc({ inputs, attrs }) {
      const { strides, pad, filterShape } = attributes(attrs);
      return filterGradient(
        givenTensor(inputs['x'], 'Conv2DBackpropFilter'),
        givenTensor(inputs['dy'], 'Conv2DBackpropFilter'),
        filterShape,
        strides,
        pad,
      );
    },
  });
}

/**
 * Makes the gradient of a convolution's input as fast as the convolution itself on tfjs's WebAssembly backend. Its own
 * kernel is some ten times slower. Ours is for stride 1, odd filters and unchanged size, as our networks have them;
 * anything else still goes to its kernel.
 */
export function registerInputGradient(backend: string): void {
  keepOriginal('Conv2DBackpropInput', 'Conv2DBackpropInputAnyForm', backend, (original) => (parameters) => {
    const { inputs, attrs } = parameters;
    const filter = givenTensor(inputs['filter'], 'Conv2DBackpropInput');
    const plain =
      [attrs?.['strides']].flat().every((stride) => stride === 1) &&
      attrs?.['pad'] === 'same' &&
      filter.shape.slice(0, 2).every((taps) => taps % 2 === 1);
    return plain ? inputGradient(givenTensor(inputs['dy'], 'Conv2DBackpropInput'), filter) : original(parameters);
  });
}

/**
 * Gradient [B, H, W, in] of the input of a stride-1 convolution that keeps the size, from its output's gradient dy [B,
 * H, W, out] and its filter [height, width, in, out] with odd height and width: dy convolved with the filter turned by
 * 180°.
 */
export function inputGradient(dy: Tensor, filter: Tensor): Tensor {
  return tf.tidy(() => {
    const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
    assertRank4(dy, "The gradient of a convolution's output");
    assertRank4(turned, "A convolution's filter");
    return tf.conv2d(dy, turned, 1, 'same');
  });
}

/**
 * Gradient [height, width, in, out] of a convolution's kernel from its input x [B, H, W, in] and its output's gradient
 * dy [B, H', W', out]. It is a convolution itself: the input with examples for channels, by dy as a filter of H' × W'
 * taps, the strides apart.
 */
export function filterGradient(
  x: Tensor,
  dy: Tensor,
  filterShape: readonly [number, number, number, number],
  strides: readonly [number, number],
  pad: 'same' | 'valid',
): Tensor {
  return tf.tidy(() => {
    assertRank4(x, 'The input of a convolution');
    assertRank4(dy, "The gradient of a convolution's output");
    const [batch, height, width, channels] = x.shape;
    const [, outHeight, outWidth] = dy.shape;
    const [tapsDown, tapsRight] = filterShape;
    const missing = (size: number, out: number, taps: number, stride: number): [number, number] => {
      const total = pad === 'same' ? Math.max(0, (out - 1) * stride + taps - size) : 0;
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    };
    const padded = tf.pad(x, [
      [0, 0],
      missing(height, outHeight, tapsDown, strides[0]),
      missing(width, outWidth, tapsRight, strides[1]),
      [0, 0],
    ]);
    // rows and columns beyond what the filter saw, as strides leave them
    const seen = tf.slice(
      padded,
      [0, 0, 0, 0],
      [batch, (outHeight - 1) * strides[0] + tapsDown, (outWidth - 1) * strides[1] + tapsRight, channels],
    );
    const byChannel = tf.transpose(seen, [3, 1, 2, 0]),
      filter = tf.transpose(dy, [1, 2, 0, 3]);
    assertRank4(byChannel, 'The input of a convolution');
    assertRank4(filter, "The gradient of a convolution's output");
    return tf.transpose(tf.conv2d(byChannel, filter, 1, 'valid', 'NHWC', [...strides]), [1, 2, 0, 3]);
  });
}

/** What tfjs passes to this kernel; our networks use stride and padding in these forms only. */
function attributes(attrs: Readonly<Record<string, unknown>> | undefined): {
  strides: [number, number];
  pad: 'same' | 'valid';
  filterShape: [number, number, number, number];
} {
  const { strides, pad, filterShape } = attrs ?? {};
  const [down, right] = Array.isArray(strides) ? strides : [strides, strides];
  if (
    typeof down !== 'number' ||
    typeof right !== 'number' ||
    (pad !== 'same' && pad !== 'valid') ||
    !Array.isArray(filterShape)
  ) {
    throw new Error(
      'Conv2DBackpropFilter: strides, padding or filter shape are of a form that is not supported ' +
        `(${JSON.stringify(attrs)}).`,
    );
  }
  const [height, width, input, output]: number[] = filterShape;
  return { strides: [down, right], pad, filterShape: [height, width, input, output] };
}
