/** Values of a bit pattern's half. */
export const HALVES = 65_536;
const WITHOUT_SIGN = 0x7fffffff;
const INFINITE = 0x7f800000;

/**
 * Finds the k-th smallest magnitude of float32 numbers exactly and without sorting, however many there are: the bit
 * pattern of |x| grows with |x|. The first pass counts the upper halves of the patterns (`countUpper`), the second
 * counts the lower halves within the upper half that holds rank k (`countLower`). It keeps 1 MiB.
 */
export class KthMagnitude {
  readonly #upper = new Float64Array(HALVES);
  readonly #lower = new Float64Array(HALVES);
  #high = -1;
  #before = 0;
  #rank = 0;
  count = 0;

  /** First pass. @throws RangeError when a number is NaN. */
  countUpper(array: Float32Array): void {
    const upper = this.#upper;
    const found = patterns(array);
    const end = found.length;
    for (let at = 0; at < end; at += 1) {
      const magnitude = found[at] & WITHOUT_SIGN;
      if (magnitude > INFINITE) throw new RangeError('A tensor to be merged has NaN in it.');
      upper[magnitude >>> 16] += 1;
    }
    this.count += array.length;
  }

  /**
   * Second pass over the same numbers.
   *
   * @param rank k, from 1; the same in all calls.
   * @throws RangeError when there is no k-th number.
   */
  countLower(array: Float32Array, rank: number): void {
    if (this.#rank !== rank) this.#look(rank);
    const [high, lower] = [this.#high, this.#lower];
    const found = patterns(array);
    const end = found.length;
    for (let at = 0; at < end; at += 1)
      if ((found[at] & WITHOUT_SIGN) >>> 16 === high) lower[found[at] & (HALVES - 1)] += 1;
  }

  /** The k-th magnitude, and how many numbers are larger. */
  found(): { readonly threshold: number; readonly above: number } {
    const [low, before] = bucketOf(this.#lower, this.#rank - this.#before);
    return {
      threshold: new Float32Array(Uint32Array.of(this.#high * HALVES + low).buffer)[0],
      above: this.count - this.#before - before - this.#lower[low],
    };
  }

  #look(rank: number): void {
    if (!Number.isInteger(rank) || rank < 1 || rank > this.count)
      throw new RangeError(`There is no magnitude number ${rank} among ${this.count}.`);
    [this.#high, this.#before] = bucketOf(this.#upper, rank);
    this.#lower.fill(0);
    this.#rank = rank;
  }
}

/**
 * The k-th smallest magnitude of numbers that lie in several arrays.
 *
 * @param rank k, from 1.
 * @throws RangeError when there is no k-th number, or one is NaN.
 */
export function kthMagnitude(arrays: readonly Float32Array[], rank: number): number {
  const kth = new KthMagnitude();
  for (const array of arrays) kth.countUpper(array);
  for (const array of arrays) kth.countLower(array, rank);
  return kth.found().threshold;
}

const patterns = (array: Float32Array): Int32Array => new Int32Array(array.buffer, array.byteOffset, array.length);

/** The counter that holds this rank, and how many numbers lie in those before it. */
export function bucketOf(counts: Float64Array, rank: number): [bucket: number, before: number] {
  let before = 0;
  let bucket = 0;
  while (before + counts[bucket] < rank) {
    before += counts[bucket];
    bucket += 1;
  }
  return [bucket, before];
}
