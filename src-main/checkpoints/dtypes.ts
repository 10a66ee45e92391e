/** Types of numbers in safetensors files, by the names that the format gives them, with the bytes of one entry. */
export const DTYPES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
  C64: 8,
} as const;
export type Dtype = keyof typeof DTYPES;

export const isDtype = (name: string): name is Dtype => Object.hasOwn(DTYPES, name);

/** The types that are merged: everything else is copied. */
export const FLOATS = ['F32', 'F16', 'BF16'] as const;
export type FloatDtype = (typeof FLOATS)[number];

export const isFloat = (dtype: Dtype): dtype is FloatDtype => FLOATS.some((name) => name === dtype);

/** Counters and masks, which no formula of a merge is about. */
export const isWhole = (dtype: Dtype): boolean => /^(BOOL|[UI]\d+)$/.test(dtype);

/** The names that people use on the command line. */
export const FLOAT_WORDS: Readonly<Record<string, FloatDtype>> = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' };

const EXPONENT = 0x7f800000;
const BRAIN_EXPONENT = 0x7f80;
const HALF_EXPONENT = 0x7c00;

/** Every float16 as float32, by its bit pattern; made when the first one is read. */
let halves: Float32Array | null = null;

function halfTable(): Float32Array {
  return Float32Array.from({ length: 65_536 }, (_, pattern) => {
    const exponent = (pattern >>> 10) & 31;
    const fraction = pattern & 1023;
    const size =
      exponent === 31
        ? fraction === 0
          ? Infinity
          : NaN
        : exponent === 0
          ? fraction * 2 ** -24
          : (1024 + fraction) * 2 ** (exponent - 25);
    return pattern & 0x8000 ? -size : size;
  });
}

/**
 * Numbers of a file as float32, which holds each of them exactly.
 *
 * @param bytes lies at an even place of its buffer, for float32 at one that four divides.
 * @returns the place of the first NaN or infinity, or −1.
 */
export function widen(dtype: FloatDtype, bytes: Uint8Array, out: Float32Array): number {
  const to = new Int32Array(out.buffer, out.byteOffset, out.length);
  if (dtype === 'F32') {
    to.set(new Int32Array(bytes.buffer, bytes.byteOffset, out.length));
    return firstNotFinite(out);
  }
  const from = new Uint16Array(bytes.buffer, bytes.byteOffset, out.length);
  let isBad = false;
  if (dtype === 'BF16') {
    for (let at = 0; at < from.length; at += 1) {
      const pattern = from[at];
      to[at] = pattern << 16;
      if ((pattern & BRAIN_EXPONENT) === BRAIN_EXPONENT) isBad = true;
    }
    return isBad ? firstNotFinite(out) : -1;
  }
  halves ??= halfTable();
  for (let at = 0; at < from.length; at += 1) {
    const pattern = from[at];
    out[at] = halves[pattern];
    if ((pattern & HALF_EXPONENT) === HALF_EXPONENT) isBad = true;
  }
  return isBad ? firstNotFinite(out) : -1;
}

/** The place of the first NaN or infinity, or −1. */
export function firstNotFinite(values: Float32Array): number {
  const patterns = new Int32Array(values.buffer, values.byteOffset, values.length);
  for (let at = 0; at < patterns.length; at += 1) if ((patterns[at] & EXPONENT) === EXPONENT) return at;
  return -1;
}

/** Float32 numbers as a file of this type has them, each rounded to the nearest, halves to even. */
export function narrow(dtype: FloatDtype, values: Float32Array): Uint8Array {
  if (dtype === 'F32' || (dtype === 'BF16' && firstNotFinite(values) < 0)) return narrowFinite(dtype, values);
  const from = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const to = new Uint16Array(values.length);
  const rounded = dtype === 'BF16' ? brainOf : halfOf;
  for (let at = 0; at < from.length; at += 1) to[at] = rounded(from[at]);
  return new Uint8Array(to.buffer);
}

/** The same where no number is NaN or infinite. */
export function narrowFinite(dtype: FloatDtype, values: Float32Array): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const from = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const to = new Uint16Array(values.length);
  if (dtype === 'F16') for (let at = 0; at < from.length; at += 1) to[at] = halfOf(from[at]);
  else
    for (let at = 0; at < from.length; at += 1) {
      const pattern = from[at];
      to[at] = (pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16;
    }
  return new Uint8Array(to.buffer);
}

/** The first place where a number has become infinite, because the type ends before it; −1 where none has. */
export function firstTooLarge(dtype: FloatDtype, bytes: Uint8Array): number {
  if (dtype === 'F32') return -1;
  const exponent = dtype === 'BF16' ? BRAIN_EXPONENT : HALF_EXPONENT;
  const patterns = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  for (let at = 0; at < patterns.length; at += 1) if ((patterns[at] & exponent) === exponent) return at;
  return -1;
}

/** Of a float32's pattern that of the nearest bfloat16: its upper half, one more where the lower half says so. */
const brainOf = (pattern: number): number =>
  (pattern & 0x7fffffff) > EXPONENT ? (pattern >>> 16) | 0x40 : (pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16;

/** Of a float32's pattern that of the nearest float16. */
function halfOf(pattern: number): number {
  const sign = (pattern >>> 16) & 0x8000;
  const size = pattern & 0x7fffffff;
  if (size > EXPONENT) return sign | 0x7e00;
  // 2^16 and more.
  if (size >= 0x47800000) return sign | HALF_EXPONENT;
  // 2^-14 and more: a normal number of float16. Its exponent grows by one where rounding carries so far.
  if (size >= 0x38800000) return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
  // Half of the smallest and less.
  if (size <= 0x33000000) return sign;
  const shift = 126 - (size >>> 23);
  const fraction = (size & 0x7fffff) | 0x800000;
  const kept = fraction >>> shift;
  const rest = fraction & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}
