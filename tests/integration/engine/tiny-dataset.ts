import { stream } from '../../../src-main/engine/random/streams.ts';
import type { Dataset, DatasetInfo, DatasetSplit } from '../../../src-main/datasets/types.ts';

/** Rows of each class. */
export interface TinyRows {
  readonly train: number;
  readonly test: number;
}

/**
 * A dataset of the same shape and classes as the one that `info` describes, whose classes differ by a pattern under
 * noise: learned within a few steps, and there also where the real one must be downloaded.
 */
export function tinyDataset(
  { id, title, shape, classes, kind }: Pick<DatasetInfo, 'id' | 'title' | 'shape' | 'classes' | 'kind'>,
  rows: TinyRows,
): Dataset {
  const width = shape.reduce((product, n) => product * n, 1);
  const patterns = new Float32Array(classes.length * width);
  stream(1, `${id}/patterns`).fillNormal(patterns, 0, 0.3);
  const split = (name: keyof TinyRows): DatasetSplit => {
    const y = Int32Array.from({ length: rows[name] * classes.length }, (_, row) => row % classes.length);
    const noise = new Float32Array(y.length * width);
    stream(1, `${id}/${name}`).fillNormal(noise, 0.5, 0.2);
    return {
      rows: y.length,
      y,
      x: noise.map((value, at) => value + patterns[y[Math.floor(at / width)] * width + (at % width)]),
    };
  };
  const columns = kind === 'table' ? { columns: Array.from({ length: width }, (_, column) => `column ${column}`) } : {};
  return {
    id,
    title,
    shape,
    classes,
    train: split('train'),
    test: split('test'),
    sha256: `tiny ${id} ${rows.train} ${rows.test}`,
    ...columns,
  };
}
