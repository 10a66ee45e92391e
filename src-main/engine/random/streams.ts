import { createHash } from 'node:crypto';
import { philox4x32 } from './philox.ts';

/**
 * Counter-based named random streams (Philox 4×32-10, Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2,
 * 3"). A stream is a pure function of (seed, name): nothing is drawn ahead, so a resumed trial needs only the name to
 * go on with the same numbers.
 */
export interface Stream {
  readonly name: string;
  /** The stream called `<this>/<name>`. */
  child(name: string): Stream;
  /** Uniform float64 in [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /** A uniformly random order of 0 … n-1. */
  permutation(n: number): Int32Array;
  /** k distinct integers of [0, n) in random order; throws RangeError when k > n. */
  sample(n: number, k: number): Int32Array;
  /** Two int32 that key a stateless generator inside a step. */
  key(): Int32Array;
  fillUniform(out: Float32Array, low: number, high: number): void;
  fillNormal(out: Float32Array, mean: number, deviation: number): void;
}

/**
 * The stream called `name` under `seed`, at its beginning. Every object keeps its own position: making a stream again
 * by name starts again at 0, which is how a resumed trial finds its numbers.
 *
 * The SHA-256 of (seed, name) gives 128 bits that identify the stream: 64 are Philox's key, 64 the upper half of its
 * counter; the lower half counts blocks. Two names share a sequence only if 128 bits of SHA-256 collide.
 *
 * @throws RangeError when the seed is not a safe integer.
 */
export function stream(seed: number, name: string): Stream {
  if (!Number.isSafeInteger(seed))
    throw new RangeError(
      `A random stream's seed must be a whole number within ±2⁵³; got ${seed} for stream "${name}".`,
    );
  return new PhiloxStream(seed, name);
}

const BLOCKS_AHEAD = 16;
const WORDS_AHEAD = 4 * BLOCKS_AHEAD;
const TWO_32 = 0x1_0000_0000;

/**
 * a mod b, exactly for whole numbers of 0 … 2³² and b ≥ 1: a quotient of those is never rounded up to the next whole
 * one. % itself is slow above 2³¹.
 */
const remainder = (a: number, b: number): number => a - b * Math.floor(a / b);

class PhiloxStream implements Stream {
  readonly name: string;
  readonly #seed: number;
  readonly #identity: Uint32Array;
  readonly #words = new Uint32Array(WORDS_AHEAD);
  #next = WORDS_AHEAD;
  #block = 0;

  constructor(seed: number, name: string) {
    this.#seed = seed;
    this.name = name;
    const digest = createHash('sha256').update(`touchstone-stream-1\n${seed}\n${name}`, 'utf8').digest();
    this.#identity = Uint32Array.from({ length: 4 }, (_, word) => digest.readUInt32LE(4 * word));
  }

  child(name: string): Stream {
    return new PhiloxStream(this.#seed, `${this.name}/${name}`);
  }

  uniform(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 0x400_0000 + low) / 2 ** 53;
  }

  normal(): number {
    // Box-Muller, cosine branch only: two words in, one number out, so that positions don't depend on what was drawn
    // before.
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > TWO_32)
      throw new RangeError(`integer() needs a bound in 1 … 2³²; got ${bound} in stream "${this.name}".`);
    let word = this.#word();
    // Words above the largest multiple of `bound` would favour small values: draw again. The multiple is looked for
    // only near the top.
    while (word >= TWO_32 - bound && word >= TWO_32 - remainder(TWO_32, bound)) word = this.#word();
    return remainder(word, bound);
  }

  permutation(n: number): Int32Array {
    return this.sample(n, n);
  }

  sample(n: number, k: number): Int32Array {
    if (!Number.isInteger(n) || !Number.isInteger(k) || n < 0 || k < 0)
      throw new RangeError(`sample() needs whole numbers ≥ 0; got n = ${n}, k = ${k} in stream "${this.name}".`);
    if (k > n) throw new RangeError(`Can't draw ${k} distinct integers out of ${n} in stream "${this.name}".`);
    const out = new Int32Array(k);
    // The first k swaps of Fisher-Yates. When k is much smaller than n only displaced entries are remembered; same
    // numbers either way.
    if (8 * k < n) {
      const displaced = new Map<number, number>();
      for (let i = 0; i < k; i += 1) {
        const j = i + this.integer(n - i);
        out[i] = displaced.get(j) ?? j;
        displaced.set(j, displaced.get(i) ?? i);
      }
      return out;
    }
    const order = new Int32Array(n);
    for (let i = 0; i < n; i += 1) order[i] = i;
    for (let i = 0; i < k; i += 1) {
      const j = i + this.integer(n - i);
      const chosen = order[j] ?? 0;
      order[j] = order[i] ?? 0;
      order[i] = chosen;
      out[i] = chosen;
    }
    return out;
  }

  key(): Int32Array {
    return Int32Array.of(this.#word(), this.#word());
  }

  /** One word per value: 24 random bits, as many as a float32 in [½, 1) can hold. */
  fillUniform(out: Float32Array, low: number, high: number): void {
    const scale = (high - low) / 0x100_0000;
    for (let i = 0; i < out.length; i += 1) out[i] = low + scale * (this.#word() >>> 8);
  }

  /** Box-Muller on pairs: two words per two values. */
  fillNormal(out: Float32Array, mean: number, deviation: number): void {
    for (let i = 0; i < out.length; i += 2) {
      const radius = deviation * Math.sqrt(-2 * Math.log((this.#word() + 0.5) / TWO_32));
      const angle = 2 * Math.PI * (this.#word() / TWO_32);
      out[i] = mean + radius * Math.cos(angle);
      if (i + 1 < out.length) out[i + 1] = mean + radius * Math.sin(angle);
    }
  }

  #word(): number {
    if (this.#next === WORDS_AHEAD) this.#refill();
    const word = this.#words[this.#next] ?? 0;
    this.#next += 1;
    return word;
  }

  #refill(): void {
    const [k0 = 0, k1 = 0, c2 = 0, c3 = 0] = this.#identity;
    philox4x32(this.#block % TWO_32, Math.floor(this.#block / TWO_32), c2, c3, k0, k1, this.#words, BLOCKS_AHEAD);
    this.#block += BLOCKS_AHEAD;
    this.#next = 0;
  }
}
