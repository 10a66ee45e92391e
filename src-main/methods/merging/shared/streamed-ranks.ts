import { HALVES, bucketOf } from './magnitudes.ts';

/** What is known of a sought value: the upper half of its pattern, and its rank among those that share it. */
interface Sought {
  readonly high: number;
  readonly rank: number;
  readonly lower: Float64Array;
}

/**
 * Values by rank, exactly, among float32 numbers that are shown twice and never kept: the first time the upper halves
 * of their bit patterns are counted, the second time the lower halves of those that can be meant. Negative ones come
 * before positive ones. `KthMagnitude` is the same for magnitudes and one rank.
 */
export class StreamedRanks {
  readonly #upper = new Float64Array(HALVES);
  #sought: readonly Sought[] = [];
  #count = 0;

  /** How many numbers were shown the first time. */
  get count(): number {
    return this.#count;
  }

  /** @throws RangeError when one is NaN. */
  showFirst(values: Float32Array): void {
    for (const key of keysOf(values)) this.#upper[key >>> 16] += 1;
    this.#count += values.length;
    if (values.some(Number.isNaN)) throw new RangeError('A tensor to be merged has NaN in it.');
  }

  /** Between the two times: the ranks to be found, from 1 for the smallest. */
  seek(ranks: readonly number[]): void {
    this.#sought = ranks.map((rank) => {
      if (!(rank >= 1 && rank <= this.#count)) throw new RangeError(`There is no number ${rank} among ${this.#count}.`);
      const [high, before] = bucketOf(this.#upper, rank);
      return { high, rank: rank - before, lower: new Float64Array(HALVES) };
    });
  }

  showAgain(values: Float32Array): void {
    for (const key of keysOf(values))
      for (const { high, lower } of this.#sought) if (key >>> 16 === high) lower[key & (HALVES - 1)] += 1;
  }

  /** The values of the ranks, in the order in which they were asked for. */
  found(): number[] {
    return this.#sought.map(({ high, rank, lower }) => {
      const key = high * HALVES + bucketOf(lower, rank)[0];
      // The way back from `keysOf`.
      return new Float32Array(Uint32Array.of(key >= 0x8000_0000 ? key - 0x8000_0000 : ~key >>> 0).buffer)[0];
    });
  }
}

/** Whole numbers that are ordered as the values are: negative patterns turned over, the others above them. */
function keysOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length).map((bits) =>
    bits >= 0x8000_0000 ? ~bits : bits | 0x8000_0000,
  );
}
