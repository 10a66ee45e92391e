/**
 * Pixels 0 … `maximum` as Float32 in [0, 1]: the float32 nearest to value / maximum. A table of the 256 quotients makes this as fast as
 * a copy and the same on every machine.
 */
export function scaledPixels(values: Uint8Array, maximum = 255): Float32Array {
  const quotients = Float32Array.from({ length: 256 }, (_, value) => value / maximum);
  const out = new Float32Array(values.length);
  // A for loop: TypedArray.from with a callback takes 20 times as long over 47 million values.
  for (let i = 0; i < values.length; i += 1) out[i] = quotients[values[i] ?? 0] ?? 0;
  return out;
}
