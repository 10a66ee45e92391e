import { writeFileSync } from 'node:fs';

/** A tensor as a test writes it: its bytes are those of a typed array. */
export interface WrittenTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView;
}

/** A safetensors file from what its header says and its bytes, right or wrong. */
export function fileOf(header: string | object, data: Uint8Array, length?: number): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(length ?? text.length));
  return Buffer.concat([start, text, data]);
}

/** Writes a sound file, tensors one behind another. */
export function writeTensors(
  path: string,
  tensors: Readonly<Record<string, WrittenTensor>>,
  metadata?: Readonly<Record<string, string>>,
): string {
  let at = 0;
  const header: Record<string, unknown> = metadata === undefined ? {} : { __metadata__: metadata };
  const parts = Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
    header[name] = { dtype, shape, data_offsets: [at, at + data.byteLength] };
    at += data.byteLength;
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  });
  writeFileSync(path, fileOf(header, Buffer.concat(parts)));
  return path;
}

export const f32 = (shape: readonly number[], values: readonly number[]): WrittenTensor => ({
  dtype: 'F32',
  shape,
  data: Float32Array.from(values),
});
