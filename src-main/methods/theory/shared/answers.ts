import type { Engine } from '../../../engine/types.ts';
import type { Predictor } from '../../contract.ts';
import { logSoftmaxRows } from '../../shared/softmax.ts';
import type { ResidentSplit } from '../../training/contract.ts';

/** Place of the largest value in each row [rows × width]; of several the first. */
export function largestOfRows(values: Float32Array | Float64Array, width: number): Int32Array {
  return Int32Array.from({ length: values.length / width }, (_, row) => {
    let best = row * width;
    for (let at = best + 1; at < (row + 1) * width; at += 1) if (values[at] > values[best]) best = at;
    return best - row * width;
  });
}

/** Accuracy and mean cross-entropy of a predictor on a split with its labels. */
export async function judged(
  engine: Engine,
  predictor: Predictor,
  { x, y, rows }: ResidentSplit,
): Promise<{ readonly accuracy: number; readonly loss: number }> {
  const [logits, labels] = [await predictor.predict(x, rows), await engine.read(y)];
  const classes = logits.length / rows;
  const logs = logSoftmaxRows(logits, classes);
  const answers = largestOfRows(logits, classes);
  let [right, loss] = [0, 0];
  labels.forEach((label, row) => {
    if (answers[row] === label) right += 1;
    loss -= logs[row * classes + label];
  });
  return { accuracy: right / rows, loss: loss / rows };
}
