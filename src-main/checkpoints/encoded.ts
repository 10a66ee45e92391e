import { narrow } from './dtypes.ts';
import { beginningOf } from './new-header.ts';
import type { Metadata } from './new-header.ts';

/** A tensor in memory that becomes part of a file, in float32. */
export interface TensorValues {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A safetensors file of tensors that are in memory. */
export function safetensorsOf(tensors: readonly TensorValues[], metadata: Metadata): Uint8Array {
  const described = tensors.map(({ name, shape }) => ({ name, dtype: 'F32', shape }) as const);
  return Buffer.concat([beginningOf(described, metadata), ...tensors.map(({ values }) => narrow('F32', values))]);
}
