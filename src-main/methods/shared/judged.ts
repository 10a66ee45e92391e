import { classAnswers } from '../answers.ts';
import type { Predictor, TrialContext } from '../contract.ts';
import { logSoftmaxRows } from './softmax.ts';
import type { ResidentSplit } from '../training/contract.ts';

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
  { engine, network, stream }: Pick<TrialContext, 'engine' | 'network' | 'stream'>,
  predictor: Predictor,
  { x, y, rows }: ResidentSplit,
): Promise<{ readonly accuracy: number; readonly loss: number }> {
  const classes = network.outputs;
  const answers = await predictor.answer({ inputs: x, rows, stream });
  const [logits, labels] = [classAnswers(answers, rows, classes).values, await engine.read(y)];
  const logs = logSoftmaxRows(logits, classes);
  const chosen = largestOfRows(logits, classes);
  let [right, loss] = [0, 0];
  labels.forEach((label, row) => {
    if (chosen[row] === label) right += 1;
    loss -= logs[row * classes + label];
  });
  return { accuracy: right / rows, loss: loss / rows };
}
