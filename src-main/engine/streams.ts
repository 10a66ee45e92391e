/**
 * Counter-based named random streams (Philox 4×32-10, Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"). A stream is a
 * pure function of (seed, name): nothing is drawn ahead, so a resumed trial needs only the name to go on with the same numbers.
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
