import { createHash } from 'node:crypto';
import type { DatasetSplit } from './types.ts';

interface Hashed {
  readonly shape: readonly number[];
  readonly classes: readonly string[];
  readonly train: DatasetSplit;
  readonly test: DatasetSplit;
}

/**
 * SHA-256 of a dataset's canonical bytes, hexadecimal: one line of JSON with the example's shape, the number of classes
 * and the rows of both splits, then train x, train y, test x, test y as little-endian float32 and int32. Names, titles
 * and the files' packing do not count: the same arrays are the same data. Numbers to be
 * told stand in the place of y, as float64.
 */
export function canonicalHash({ shape, classes, train, test }: Hashed): string {
  const hash = createHash('sha256');
  hash.update(
    `touchstone-dataset-1\n${JSON.stringify({ shape, classes: classes.length, train: train.rows, test: test.rows })}\n`,
  );
  for (const { x, y, table } of [train, test])
    for (const array of [x, table?.numbers ?? y]) hash.update(littleEndian(array));
  return hash.digest('hex');
}

const MACHINE_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function littleEndian(array: Float32Array | Float64Array | Int32Array): Uint8Array {
  const bytes = Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  if (MACHINE_IS_LITTLE_ENDIAN) return bytes;
  return array instanceof Float64Array ? Buffer.from(bytes).swap64() : Buffer.from(bytes).swap32();
}
