/**
 * Pixels 0 … 255 as Float32 in [0, 1]: the float32 nearest to value / 255. A table of the 256 quotients makes this as
 * fast as a copy and the same on every machine. `out` saves a copy where the place is already there.
 */
export function scaledPixels(values: Uint8Array, out = new Float32Array(values.length)): Float32Array {
  const quotients = Float32Array.from({ length: 256 }, (_, value) => value / 255);
  // A for loop: TypedArray.from with a callback takes 20 times as long over 47 million values.
  for (let i = 0; i < values.length; i += 1) out[i] = quotients[values[i]];
  return out;
}
