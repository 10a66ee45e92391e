import { refusal, DOWNLOAD_AGAIN } from '../refuse.ts';

/** An IDX file of unsigned bytes (Y. LeCun's format): dimensions and the values in row-major order. */
export interface IdxArray {
  readonly dimensions: readonly number[];
  readonly values: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;
const KINDS = new Map([
  [0x801, 'a label file (magic 2049)'],
  [0x803, 'an image file (magic 2051)'],
]);

/**
 * Reads an IDX file of unsigned bytes with `rank` dimensions: big-endian magic 0x0000 08 rank, one big-endian uint32
 * per dimension, then the values. The values are a view of `bytes`, not a copy.
 *
 * @throws DatasetError when the magic number, the element type, the rank or the length is wrong.
 */
export function readIdx(bytes: Uint8Array, rank: number, where: string): IdxArray {
  const header = 4 + 4 * rank;
  const expectedMagic = (UNSIGNED_BYTE << 8) | rank;
  if (bytes.length < 4) {
    throw refusal({
      where,
      expected: `an IDX header of ${header} bytes`,
      found: `${bytes.length} bytes`,
      remedy: DOWNLOAD_AGAIN,
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  if (magic !== expectedMagic) {
    const known = KINDS.get(magic);
    throw refusal({
      where,
      expected: KINDS.get(expectedMagic) ?? `IDX magic ${expectedMagic}`,
      found: known ?? `magic ${magic} (0x${magic.toString(16).padStart(8, '0')}), no IDX file of bytes`,
      remedy:
        known === undefined ? DOWNLOAD_AGAIN : 'The files seem to be mislabelled: give each one its published name.',
    });
  }
  if (bytes.length < header) {
    throw refusal({
      where,
      expected: `an IDX header of ${header} bytes`,
      found: `${bytes.length} bytes`,
      remedy: DOWNLOAD_AGAIN,
    });
  }
  const dimensions = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = dimensions.reduce((product, dimension) => product * dimension, 1);
  const found = bytes.length - header;
  if (found !== size) {
    throw refusal({
      where,
      expected: `${size} bytes of values (${dimensions.join(' × ')}, from the header)`,
      found: `${found}, the file is ${found < size ? 'truncated' : 'too long'}`,
      remedy: DOWNLOAD_AGAIN,
    });
  }
  return { dimensions, values: bytes.subarray(header) };
}

/** The bytes of an IDX file that `readIdx` reads back. */
export function writeIdx({ dimensions, values }: IdxArray): Uint8Array {
  const header = 4 + 4 * dimensions.length;
  const bytes = new Uint8Array(header + values.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, (UNSIGNED_BYTE << 8) | dimensions.length);
  dimensions.forEach((dimension, axis) => view.setUint32(4 + 4 * axis, dimension));
  bytes.set(values, header);
  return bytes;
}
