/** Values of a bit pattern's half. */
const HALVES = 65_536;
const WITHOUT_SIGN = 0x7fffffff;

/**
 * The k-th smallest magnitude of float32 numbers that lie in several arrays, exactly and without sorting: the bit
 * pattern of |x| grows with |x|. One pass counts the upper halves of the patterns, the second the lower halves within
 * the upper half that holds rank k. It keeps 512 KiB however many numbers there are.
 *
 * @param rank k, from 1.
 * @throws RangeError when there is no k-th number, or one is NaN.
 */
export function kthMagnitude(arrays: readonly Float32Array[], rank: number): number {
  const count = arrays.reduce((sum, { length }) => sum + length, 0);
  if (!Number.isInteger(rank) || rank < 1 || rank > count)
    throw new RangeError(`There is no magnitude number ${rank} among ${count}.`);
  const upper = new Float64Array(HALVES);
  for (const array of arrays) {
    for (const pattern of patterns(array)) {
      if ((pattern & WITHOUT_SIGN) > 0x7f800000) throw new RangeError('A tensor to be merged has NaN in it.');
      upper[(pattern & WITHOUT_SIGN) >>> 16] += 1;
    }
  }
  const [high, before] = bucketOf(upper, rank);
  const lower = new Float64Array(HALVES);
  for (const array of arrays)
    for (const pattern of patterns(array))
      if ((pattern & WITHOUT_SIGN) >>> 16 === high) lower[pattern & (HALVES - 1)] += 1;
  const [low] = bucketOf(lower, rank - before);
  return new Float32Array(Uint32Array.of(high * HALVES + low).buffer)[0];
}

const patterns = (array: Float32Array): Uint32Array => new Uint32Array(array.buffer, array.byteOffset, array.length);

/** The counter that holds this rank, and how many numbers lie in those before it. */
function bucketOf(counts: Float64Array, rank: number): [bucket: number, before: number] {
  let before = 0;
  let bucket = 0;
  while (before + counts[bucket] < rank) {
    before += counts[bucket];
    bucket += 1;
  }
  return [bucket, before];
}
