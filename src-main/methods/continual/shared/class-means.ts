import { tf, type Tensor } from '../../../engine/tf.ts';
import type { StepScope, Variable } from '../../../engine/types.ts';
import { EXCLUDED, type ContinualRun } from '../contract.ts';
import type { LabelledRows } from './frozen-features.ts';

/** How many rows of each class have been seen, and their means [classes × width]. */
export interface ClassMeans {
  readonly width: number;
  readonly counts: Float64Array;
  readonly means: Float64Array;
}

/** Means that checkpoints carry and answers read. */
export interface StoredMeans {
  /** [classes] */
  readonly counts: Variable;
  /** [classes, width] */
  readonly means: Variable;
  read(): Promise<ClassMeans>;
  write(values: ClassMeans): void;
}

export function storedMeans({ variable, context, protocol }: ContinualRun, width: number): StoredMeans {
  const { engine } = context;
  const counts = variable('class-counts', { shape: [protocol.outputs], dtype: 'float32' });
  const means = variable('class-means', { shape: [protocol.outputs, width], dtype: 'float32' });
  return {
    counts,
    means,
    read: async () => ({
      width,
      counts: Float64Array.from(await engine.read(counts)),
      means: Float64Array.from(await engine.read(means)),
    }),
    write: (values) => {
      engine.write(counts, Float32Array.from(values.counts));
      engine.write(means, Float32Array.from(values.means));
    },
  };
}

/**
 * Streams rows into the means, one after the other. `deviated` is told what each row is away from the mean of its class
 * before it, and how many rows there were: of its class, and of all. A class begins with a mean of 0.
 */
export function streamInto(
  { width, counts, means }: ClassMeans,
  { values, labels }: LabelledRows,
  deviated?: (row: number, deviation: Float64Array, before: { readonly own: number; readonly all: number }) => void,
): void {
  const deviation = new Float64Array(width);
  let all = counts.reduce((sum, count) => sum + count, 0);
  for (const [row, label] of labels.entries()) {
    const [own, mean] = [counts[label], means.subarray(label * width, (label + 1) * width)];
    for (let i = 0; i < width; i++) {
      deviation[i] = values[row * width + i] - mean[i];
      mean[i] += deviation[i] / (own + 1);
    }
    deviated?.(row, deviation, { own, all });
    counts[label] += 1;
    all += 1;
  }
}

/** Inside a step: scores [B, classes], those of classes that were never seen far below all others. */
export function ofSeen(scope: StepScope, counts: Variable, scores: Tensor): Tensor {
  return tf.add(scores, tf.mul(tf.cast(tf.equal(scope.read(counts), 0), 'float32'), EXCLUDED));
}
