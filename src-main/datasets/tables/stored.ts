import type { ColumnsLayout } from '../entry.ts';
import { refusal } from '../refuse.ts';

/** A table's columns as they are kept: numbers (NaN = missing), categories (−1 = missing or unseen), and the target. */
export interface StoredTable {
  readonly rows: number;
  readonly columns: readonly (Float64Array | Int32Array)[];
  /** Classes as places in the dataset's classes, or numbers. */
  readonly y: Int32Array | Float64Array;
}

const HEAD = 'touchstone-columns-1\n';
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * The file of a stored table: one line of text, the number of rows as float64, then every column and the target,
 * little-endian.
 */
export function writeStored({ rows, columns, y }: StoredTable): Buffer {
  return Buffer.concat([Buffer.from(HEAD), bytesOf(Float64Array.of(rows)), ...[...columns, y].map(bytesOf)]);
}

/**
 * Reads what `writeStored` wrote.
 *
 * @throws DatasetError when the file has another length than its layout asks for.
 */
export function readStored(bytes: Uint8Array, layout: ColumnsLayout, where: string): StoredTable {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isOurs = file.toString('latin1', 0, HEAD.length) === HEAD && file.length >= HEAD.length + 8;
  const rows = isOurs ? file.readDoubleLE(HEAD.length) : Number.NaN;
  const kinds = [...layout.columns.map(({ kind }) => kind === 'number'), layout.target.kind === 'numbers'];
  const size = HEAD.length + 8 + rows * kinds.reduce((sum, isNumber) => sum + (isNumber ? 8 : 4), 0);
  if (!Number.isInteger(rows) || file.length !== size)
    throw refusal({
      where,
      expected: 'the columns of an imported table',
      found: isOurs ? `${file.length} bytes in place of ${size}` : 'something else',
      remedy: 'Import the table again.',
    });
  let at = HEAD.length + 8;
  const arrays = kinds.map((isNumber) => {
    const part = Buffer.from(file.subarray(at, (at += rows * (isNumber ? 8 : 4))));
    if (!LITTLE_ENDIAN) swap(part, isNumber ? 8 : 4);
    const own = part.buffer.slice(part.byteOffset, part.byteOffset + part.length);
    return isNumber ? new Float64Array(own) : new Int32Array(own);
  });
  const y = arrays.pop() ?? new Int32Array();
  return { rows, columns: arrays, y };
}

function bytesOf(array: Float64Array | Int32Array): Buffer {
  const bytes = Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  return LITTLE_ENDIAN ? bytes : swap(Buffer.from(bytes), array.BYTES_PER_ELEMENT);
}

const swap = (bytes: Buffer, size: number): Buffer => (size === 8 ? bytes.swap64() : bytes.swap32());
