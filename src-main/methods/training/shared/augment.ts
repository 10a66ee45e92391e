import { tf } from '../../../engine/tf.ts';
import type { Tensor } from '../../../engine/tf.ts';
import type { Stream } from '../../../engine/streams.ts';
import type { Augmentation } from '../contract.ts';

/** Per example: rows and columns to move the window by (0 … 2·pad) and 1 to mirror it; [rows × 3]. */
export function drawAugmentation(stream: Stream, rows: number, { flip, pad }: Augmentation): Int32Array {
  const drawn = new Int32Array(3 * rows);
  for (let row = 0; row < rows; row += 1) {
    drawn[3 * row] = stream.integer(2 * pad + 1);
    drawn[3 * row + 1] = stream.integer(2 * pad + 1);
    drawn[3 * row + 2] = flip ? stream.integer(2) : 0;
  }
  return drawn;
}

/**
 * Random crops and mirror images inside a step (He et al. 2016, section 4.2): x [B, H, W, C] is padded with zeros, and from each example the
 * H×W window that `drawn` [B, 3] names is gathered, mirrored where its flag is 1.
 */
export function augment(x: Tensor, drawn: Tensor, pad: number): Tensor {
  const [batch, height, width, channels] = x.shape;
  const paddedHeight = height + 2 * pad;
  const paddedWidth = width + 2 * pad;
  const padded = tf.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]]);
  const column = (index: number): Tensor => tf.reshape(tf.slice(drawn, [0, index], [batch, 1]), [batch, 1, 1]);
  const down = column(0);
  const right = column(1);
  const mirrored = column(2);
  const rows = tf.reshape(tf.tensor1d(range(height), 'int32'), [1, height, 1]);
  const columns = tf.reshape(tf.tensor1d(range(width), 'int32'), [1, 1, width]);
  const reversed = tf.reshape(tf.tensor1d(range(width).reverse(), 'int32'), [1, 1, width]);
  const taken = tf.add(columns, tf.mul(mirrored, tf.sub(reversed, columns)));
  const first = tf.reshape(tf.tensor1d(range(batch).map((example) => example * paddedHeight * paddedWidth), 'int32'), [batch, 1, 1]);
  const indices = tf.add(first, tf.add(tf.mul(tf.add(rows, down), tf.scalar(paddedWidth, 'int32')), tf.add(taken, right)));
  // gatherND, because tf.gather on TensorFlow reads its indices to check them, which a recorded step can't.
  const pixels = tf.gatherND(tf.reshape(padded, [batch * paddedHeight * paddedWidth, channels]), tf.reshape(indices, [batch * height * width, 1]));
  return tf.reshape(pixels, [batch, height, width, channels]);
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
