import { kthMagnitude } from './magnitudes.ts';

/** Positions in a row that a rank can tell apart. */
const LONGEST = 2 ** 22;
const WITHOUT_SIGN = 0x7fffffff;

/**
 * The place of each entry of a matrix among those of its row by magnitude, from 0 for the smallest. Of equal ones the
 * earlier comes first, so that the same tensors always give the same ranks.
 *
 * @throws RangeError when a row has more than 2²² entries.
 */
export function rowRanks(matrix: Float32Array, columns: number): Uint32Array {
  if (columns > LONGEST)
    throw new RangeError(`A row of ${columns} entries is too long to be ranked; at most ${LONGEST} can be.`);
  const patterns = new Uint32Array(matrix.buffer, matrix.byteOffset, matrix.length);
  const ranks = new Uint32Array(matrix.length);
  // Bits of |x| grow with |x|; with the position below them one number orders both.
  const keys = new Float64Array(columns);
  for (let from = 0; from < matrix.length; from += columns) {
    for (let at = 0; at < columns; at += 1) keys[at] = (patterns[from + at] & WITHOUT_SIGN) * LONGEST + at;
    keys.sort();
    for (let rank = 0; rank < columns; rank += 1) ranks[from + (keys[rank] % LONGEST)] = rank;
  }
  return ranks;
}

/** 1 for the entries of smallest magnitude, the earlier ones of equals; 0 for the others. Nothing is sorted. */
export function amongSmallest(values: Float32Array, count: number): Uint8Array {
  const isIn = new Uint8Array(values.length);
  if (count <= 0) return isIn;
  const threshold = kthMagnitude([values], count);
  let equals = count;
  for (const value of values) if (Math.abs(value) < threshold) equals -= 1;
  values.forEach((value, at) => {
    if (Math.abs(value) > threshold || (Math.abs(value) === threshold && equals <= 0)) return;
    if (Math.abs(value) === threshold) equals -= 1;
    isIn[at] = 1;
  });
  return isIn;
}
