import { refusal, DOWNLOAD_AGAIN } from '../refuse.ts';

export const CIFAR_SIDE = 32;
const PLANE = CIFAR_SIDE * CIFAR_SIDE;
const PIXELS = 3 * PLANE;

/**
 * Records of a CIFAR binary file: pixels interleaved (row, column, channel) as TensorFlow reads them, and every
 * record's label bytes.
 */
export interface CifarRecords {
  readonly rows: number;
  /** [rows × 32 × 32 × 3] */
  readonly pixels: Uint8Array;
  /** [rows × labelBytes] */
  readonly labels: Uint8Array;
}

/**
 * Reads the "binary version" of CIFAR-10 (one label byte) or CIFAR-100 (coarse and fine label byte): per record the
 * labels, then 1,024 red, 1,024 green and 1,024 blue bytes, row-major (Krizhevsky 2009).
 *
 * @throws DatasetError when the length is not a whole number of records.
 */
export function readCifar(bytes: Uint8Array, labelBytes: number, where: string): CifarRecords {
  const record = labelBytes + PIXELS;
  if (bytes.length === 0 || bytes.length % record !== 0) {
    throw refusal({
      where,
      expected: `a whole number of records of ${record} bytes`,
      found: `${bytes.length} bytes (${Math.floor(bytes.length / record)} records and ${bytes.length % record} bytes)`,
      remedy: `The file is truncated or in another format (the "binary version" is needed). ${DOWNLOAD_AGAIN}`,
    });
  }
  const rows = bytes.length / record;
  const pixels = new Uint8Array(rows * PIXELS);
  const labels = new Uint8Array(rows * labelBytes);
  for (let row = 0; row < rows; row += 1) {
    const start = row * record;
    labels.set(bytes.subarray(start, start + labelBytes), row * labelBytes);
    const red = start + labelBytes;
    const out = row * PIXELS;
    for (let p = 0; p < PLANE; p += 1) {
      pixels[out + 3 * p] = bytes[red + p];
      pixels[out + 3 * p + 1] = bytes[red + PLANE + p];
      pixels[out + 3 * p + 2] = bytes[red + 2 * PLANE + p];
    }
  }
  return { rows, pixels, labels };
}

/** The bytes of a CIFAR binary file that `readCifar` reads back. */
export function writeCifar({ rows, pixels, labels }: CifarRecords): Uint8Array {
  const labelBytes = labels.length / rows;
  const record = labelBytes + PIXELS;
  const bytes = new Uint8Array(rows * record);
  for (let row = 0; row < rows; row += 1) {
    bytes.set(labels.subarray(row * labelBytes, (row + 1) * labelBytes), row * record);
    for (let p = 0; p < PLANE; p += 1) {
      for (let channel = 0; channel < 3; channel += 1)
        bytes[row * record + labelBytes + channel * PLANE + p] = pixels[row * PIXELS + 3 * p + channel];
    }
  }
  return bytes;
}
