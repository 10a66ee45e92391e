import type { Stream } from '../../engine/random/streams.ts';
import { tf } from '../../engine/tf.ts';
import type { Tensor } from '../../engine/tf.ts';
import type { StepInputs, StepScope, TensorData } from '../../engine/types.ts';

/**
 * Transformations of images that keep a label, drawn anew for every example each time it is trained on. A suite
 * declares them.
 */
export interface Augmentation {
  /** Mirror left and right with probability ½. */
  readonly flip: boolean;
  /**
   * Pad by so many pixels on every side (zeros after scaling, which is about the mean colour) and cut out a window of
   * the old size.
   */
  readonly pad: number;
}

/**
 * What a training step needs as input for its augmentation: the key of its random numbers. Nothing without
 * augmentation.
 */
export function augmentationInputs(augmentation: Augmentation | null): StepInputs {
  return augmentation === null ? {} : { augmentationKey: { shape: [2], dtype: 'int32' } };
}

/** The key of one step, from the stream that is named by the step's place. */
export function augmentationFeed(
  augmentation: Augmentation | null,
  stream: (name: string) => Stream,
  globalStep: number,
): Readonly<Record<string, TensorData>> {
  return augmentation === null ? {} : { augmentationKey: stream(`augmentation/step${globalStep}`).key() };
}

/**
 * Inside a step: `x` as the suite's augmentation transforms it for training; `x` itself without augmentation. The
 * numbers come from the stateless generator under the step's key plus `use`, which keeps the batches of one step
 * apart. The same step of the same trial sees the same images, whatever ran before.
 *
 * @param x [B, H, W, C], or its flat form [B, H·W·C] with `shape` = [H, W, C]; answered in the same form.
 */
export function augmented(
  scope: StepScope,
  x: Tensor,
  shape: readonly number[],
  augmentation: Augmentation | null,
  inputs: Readonly<Record<string, Tensor>>,
  use: number,
): Tensor {
  if (augmentation === null) return x;
  const step = inputs['augmentationKey'];
  const key = use === 0 ? step : tf.add(step, tf.tensor1d([use, 0], 'int32'));
  const windows = drawWindows(scope.randomUniform([x.shape[0], 3], key), augmentation);
  return tf.reshape(cutWindows(tf.reshape(x, [x.shape[0], ...shape]), windows, augmentation.pad), x.shape);
}

/**
 * Uniform numbers [B, 3] → int32 [B, 3]: rows and columns to move each window by (0 … 2·pad), and 1 where it is
 * mirrored.
 */
function drawWindows(uniform: Tensor, { flip, pad }: Augmentation): Tensor {
  return tf.cast(tf.floor(tf.mul(uniform, tf.tensor1d([2 * pad + 1, 2 * pad + 1, flip ? 2 : 1]))), 'int32');
}

/**
 * Random crops and mirror images (He et al. 2016, section 4.2): x [B, H, W, C] is padded with zeros, and from each
 * example the H×W window that `windows` int32 [B, 3] names is gathered, mirrored where its flag is 1.
 */
export function cutWindows(x: Tensor, windows: Tensor, pad: number): Tensor {
  const [batch, height, width, channels] = x.shape;
  const paddedHeight = height + 2 * pad;
  const paddedWidth = width + 2 * pad;
  const padded = tf.pad(x, [
    [0, 0],
    [pad, pad],
    [pad, pad],
    [0, 0],
  ]);
  const column = (index: number): Tensor => tf.reshape(tf.slice(windows, [0, index], [batch, 1]), [batch, 1, 1]);
  const down = column(0);
  const right = column(1);
  const mirrored = column(2);
  const rows = tf.reshape(tf.tensor1d(range(height), 'int32'), [1, height, 1]);
  const columns = tf.reshape(tf.tensor1d(range(width), 'int32'), [1, 1, width]);
  const reversed = tf.reshape(tf.tensor1d(range(width).reverse(), 'int32'), [1, 1, width]);
  const taken = tf.add(columns, tf.mul(mirrored, tf.sub(reversed, columns)));
  const first = tf.reshape(
    tf.tensor1d(
      range(batch).map((example) => example * paddedHeight * paddedWidth),
      'int32',
    ),
    [batch, 1, 1],
  );
  const indices = tf.add(
    first,
    tf.add(tf.mul(tf.add(rows, down), tf.scalar(paddedWidth, 'int32')), tf.add(taken, right)),
  );
  // gatherND, because tf.gather on TensorFlow reads its indices to check them, which a recorded step can't.
  const pixels = tf.gatherND(
    tf.reshape(padded, [batch * paddedHeight * paddedWidth, channels]),
    tf.reshape(indices, [batch * height * width, 1]),
  );
  return tf.reshape(pixels, [batch, height, width, channels]);
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
