import { DTYPES } from './dtypes.ts';
import type { Dtype } from './dtypes.ts';
import { LENGTH_BYTES } from './header.ts';

export interface NewTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

export type Metadata = Readonly<Record<string, string>>;

export const bytesOf = ({ dtype, shape }: NewTensor): number =>
  shape.reduce((product, size) => product * size, 1) * DTYPES[dtype];

/** Written by hand: an object of JavaScript gives names that are numbers another order. */
function headerOf(tensors: readonly NewTensor[], metadata: Metadata): Buffer {
  let begin = 0;
  const lines = tensors.map((tensor) => {
    const { name, dtype, shape } = tensor;
    const place = { dtype, shape, data_offsets: [begin, begin + bytesOf(tensor)] };
    begin += bytesOf(tensor);
    return `${JSON.stringify(name)}:${JSON.stringify(place)}`;
  });
  const entries = Object.keys(metadata).length === 0 ? lines : [`"__metadata__":${JSON.stringify(metadata)}`, ...lines];
  return Buffer.from(`{${entries.join(',')}}`);
}

/**
 * A file up to its tensors: the header's length, the header, and blanks until a place that eight divides, `atLeast`
 * where more room was left for it.
 */
export function beginningOf(tensors: readonly NewTensor[], metadata: Metadata, atLeast = 0): Buffer {
  const header = headerOf(tensors, metadata);
  const length = Buffer.alloc(LENGTH_BYTES);
  const bytes = Math.max(atLeast, Math.ceil((LENGTH_BYTES + header.length) / 8) * 8);
  length.writeBigUInt64LE(BigInt(bytes - LENGTH_BYTES));
  return Buffer.concat([length, header, Buffer.alloc(bytes - LENGTH_BYTES - header.length, ' ')]);
}
