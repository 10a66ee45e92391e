import { kthMagnitude } from './magnitudes.ts';

/** Positions in a row that a rank can tell apart. */
const LONGEST = 2 ** 22;
const WITHOUT_SIGN = 0x7fffffff;

/**
 * The place of each entry of a matrix among those of its row by magnitude, from 0 for the smallest. Of equal ones the
 * earlier counts as smaller unless told, so that the same tensors always give the same ranks.
 *
 * @throws RangeError when a row has more than 2²² entries.
 */
export function rowRanks(
  matrix: Float32Array,
  columns: number,
  smallerOfEquals: 'earlier' | 'later' = 'earlier',
): Uint32Array {
  if (columns > LONGEST)
    throw new RangeError(`A row of ${columns} entries is too long to be ranked; at most ${LONGEST} can be.`);
  const patterns = new Uint32Array(matrix.buffer, matrix.byteOffset, matrix.length);
  const ranks = new Uint32Array(matrix.length);
  // Bits of |x| grow with |x|; with the position below them one number orders both.
  const keys = new Float64Array(columns);
  const place = (at: number): number => (smallerOfEquals === 'earlier' ? at : columns - 1 - at);
  for (let from = 0; from < matrix.length; from += columns) {
    for (let at = 0; at < columns; at += 1) keys[at] = (patterns[from + at] & WITHOUT_SIGN) * LONGEST + place(at);
    keys.sort();
    for (let rank = 0; rank < columns; rank += 1) ranks[from + place(keys[rank] % LONGEST)] = rank;
  }
  return ranks;
}

/** 1 for the entries of smallest magnitude, the earlier ones of equals; 0 for the others. Nothing is sorted. */
export const amongSmallest = (values: Float32Array, count: number): Uint8Array =>
  count <= 0 ? new Uint8Array(values.length) : among(values, count, kthMagnitude([values], count), -1);

/** The same for those of largest magnitude. */
export const amongLargest = (values: Float32Array, count: number): Uint8Array =>
  count <= 0
    ? new Uint8Array(values.length)
    : among(values, count, kthMagnitude([values], values.length - count + 1), 1);

/** 1 on one side of a magnitude, and for the first so many that equal it that all in all `count` are in. */
function among(values: Float32Array, count: number, threshold: number, side: 1 | -1): Uint8Array {
  const isIn = new Uint8Array(values.length);
  let equals = count;
  values.forEach((value, at) => {
    if (side * (Math.abs(value) - threshold) <= 0) return;
    isIn[at] = 1;
    equals -= 1;
  });
  values.forEach((value, at) => {
    if (Math.abs(value) !== threshold || equals === 0) return;
    isIn[at] = 1;
    equals -= 1;
  });
  return isIn;
}
