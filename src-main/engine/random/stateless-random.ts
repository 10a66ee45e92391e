import { philox4x32 } from './philox.ts';

/**
 * The twin of TensorFlow's StatelessRandomUniform and StatelessRandomNormal (core/kernels/stateless_random_ops.cc, V1
 * seeds) in plain TypeScript, for backends that have no such operation: the same key gives the same numbers, normals up
 * to float rounding.
 */

/**
 * `count` words of the stream that TensorFlow makes from two int32 seeds: it scrambles them through one Philox block
 * first.
 */
function words(count: number, key: ArrayLike<number>): Uint32Array {
  const mixed = new Uint32Array(4);
  // int32 seeds are sign-extended to 64 bits
  philox4x32(key[0], key[0] < 0 ? -1 : 0, key[1], key[1] < 0 ? -1 : 0, 0x3ec8f720, 0x02461e29, mixed, 1);
  const blocks = Math.ceil(count / 4);
  const out = new Uint32Array(4 * blocks);
  philox4x32(0, 0, mixed[2], mixed[3], mixed[0], mixed[1], out, blocks);
  return out;
}

/** 23 random mantissa bits as a float in [0, 1). */
const toUnit = (word: number): number => (word & 0x7fffff) / 0x800000;

/** `count` uniform numbers in [0, 1) for the two int32 of `key`. */
export function statelessUniform(count: number, key: ArrayLike<number>): Float32Array {
  return Float32Array.from(words(count, key).subarray(0, count), toUnit);
}

/** `count` standard normal numbers: Box-Muller on pairs of words, sine first, as TensorFlow's BoxMullerFloat. */
export function statelessNormal(count: number, key: ArrayLike<number>): Float32Array {
  const source = words(count, key);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(Math.max(toUnit(source[i]), 1e-7)));
    const angle = 2 * Math.PI * toUnit(source[i + 1]);
    out[i] = radius * Math.sin(angle);
    if (i + 1 < count) out[i + 1] = radius * Math.cos(angle);
  }
  return out;
}
