import { tableRows } from '../../datasets/tables/rows.ts';
import type { DatasetSplit } from '../../datasets/types.ts';

/** The given rows of x [rows × width], in their order; x itself where every row is taken in place. */
export function takeRows(x: Float32Array, width: number, rows: Int32Array): Float32Array {
  if (rows.length * width === x.length && rows.every((row, at) => row === at)) return x;
  const out = new Float32Array(rows.length * width);
  rows.forEach((row, at) => out.set(x.subarray(row * width, (row + 1) * width), at * width));
  return out;
}

/** The given rows of a split, features copied. */
export function splitRows(split: DatasetSplit, rows: Int32Array, width: number): DatasetSplit {
  const x = takeRows(split.x, width, rows);
  return {
    rows: rows.length,
    x: x === split.x ? x.slice() : x,
    y: rows.map((row) => split.y[row]),
    ...(split.table === undefined ? {} : { table: tableRows(split.table, rows) }),
  };
}
