import { narrow } from './dtypes.ts';
import type { FloatDtype } from './dtypes.ts';
import { LENGTH_BYTES } from './header.ts';
import { headerOf } from './new-header.ts';
import type { Metadata } from './new-header.ts';

/** A tensor in memory that becomes part of a file. */
export interface TensorValues {
  readonly name: string;
  readonly dtype: FloatDtype;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A safetensors file of tensors that are in memory. */
export function safetensorsOf(tensors: readonly TensorValues[], metadata: Metadata): Uint8Array {
  const header = headerOf(tensors, metadata);
  // Tensors begin at a place that eight divides.
  const padding = Buffer.alloc((8 - (header.length % 8)) % 8, ' ');
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(header.length + padding.length));
  return Buffer.concat([length, header, padding, ...tensors.map(({ dtype, values }) => narrow(dtype, values))]);
}
