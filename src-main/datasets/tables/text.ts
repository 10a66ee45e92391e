import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';
import { GZIP_CHUNK, isGzip } from '../formats/gzip.ts';
import { reason, refusal } from '../refuse.ts';
import { DatasetError } from '../types.ts';
import { LIMITS, sized } from './limits.ts';
import type { TableOptions } from './options.ts';

export type Encoding = NonNullable<TableOptions['encoding']>;

/** The beginning of a file as text, whole lines only unless it is the whole file. */
export interface TextSample {
  readonly text: string;
  readonly encoding: Encoding;
  readonly whole: boolean;
  /** Bytes of the file that the sample took, unpacked; of a packed file the size is not known before it is read. */
  readonly bytes: number;
}

const SAMPLE = 256 * 1024;
/** However long rows are, so many are looked at. */
const SAMPLE_ROWS = 5;

/** The first two bytes of an open file tell whether it is packed. */
export async function isPacked(handle: FileHandle): Promise<boolean> {
  const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
  return isGzip(buffer);
}

const PIECE = 2 ** 20;

async function* piecesOf(handle: FileHandle): AsyncGenerator<Buffer> {
  for (let at = 0; ;) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(PIECE), 0, PIECE, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** The file's bytes, unpacked, in pieces. The handle stays open. */
async function* bytesOf(handle: FileHandle, where: string): AsyncGenerator<Buffer> {
  const packed = await isPacked(handle);
  const file = piecesOf(handle);
  const unzip = createGunzip({ chunkSize: GZIP_CHUNK });
  // pipe carries no errors over: the loop sees the unpacked side only.
  const pieces = packed
    ? Readable.from(file)
        .on('error', (error) => unzip.destroy(error))
        .pipe(unzip)
    : file;
  let total = 0;
  try {
    for await (const piece of pieces) {
      if (!Buffer.isBuffer(piece)) continue;
      total += piece.length;
      if (total > LIMITS.fileBytes)
        throw refusal({
          where,
          expected: `at most ${sized(LIMITS.fileBytes)} of text`,
          found: 'more',
          remedy: 'Take a part of the rows.',
        });
      yield piece;
    }
  } catch (error) {
    if (error instanceof DatasetError) throw error;
    throw refusal({
      where,
      expected: packed ? 'an intact gzip stream' : 'a readable file',
      found: reason(error),
      remedy: 'Get the file again.',
    });
  } finally {
    unzip.destroy();
  }
}

/**
 * The file's text with line ends as "\n" and without its byte order mark.
 *
 * @throws DatasetError for bytes that are no text in the encoding, or binary content.
 */
export async function* textOf(handle: FileHandle, where: string, encoding: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let line = 1;
  let open = '';
  for await (const bytes of bytesOf(handle, where)) {
    const text = open + decoded(decoder, bytes, where, line, encoding);
    // A "\r" at the end may be half of a line end.
    open = text.endsWith('\r') ? '\r' : '';
    const piece = text.slice(0, text.length - open.length).replace(/\r\n?/g, '\n');
    if (piece.includes('\0')) throw binary(where, line + newlines(piece.slice(0, piece.indexOf('\0'))));
    line += newlines(piece);
    yield piece;
  }
  yield (open + decoded(decoder, null, where, line, encoding)).replace(/\r\n?/g, '\n');
}

/** The beginning of a table as text. Throws as `textOf`. */
export async function sampleOf(handle: FileHandle, where: string, wanted: Encoding | undefined): Promise<TextSample> {
  const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
  const marked = !(await isPacked(handle)) && buffer[0] === 0xff && buffer[1] === 0xfe;
  const encoding = wanted ?? (marked ? 'utf-16le' : 'utf-8');
  let text = '';
  let whole = true;
  for await (const piece of textOf(handle, where, encoding)) {
    text += piece;
    if (text.length >= SAMPLE && (newlines(text) >= SAMPLE_ROWS || text.length > 2 * LIMITS.rowLength)) {
      whole = false;
      break;
    }
    const firstEnd = text.indexOf('\n');
    if (text.length > LIMITS.rowLength && (firstEnd < 0 || firstEnd >= LIMITS.rowLength)) {
      throw refusal({
        where: `${where}, row 1`,
        expected: `rows of at most ${sized(LIMITS.rowLength)}`,
        found: `a longer one (${mostFrequent(text)})`,
        remedy: 'Check that the file has one row a line, and fewer columns.',
      });
    }
  }
  let end = text.length;
  if (!whole) {
    end = 0;
    for (let row = 0; row < SAMPLE_ROWS; row += 1) end = Math.max(end, text.indexOf('\n', end) + 1);
    end = Math.max(end, text.lastIndexOf('\n', SAMPLE) + 1);
  }
  const shown = text.slice(0, end);
  return { text: shown, encoding, whole, bytes: Buffer.byteLength(shown) };
}

/** How often the likeliest separator is in a text that is too long to be looked at otherwise. */
function mostFrequent(text: string): string {
  const counts = [',', ';', '\t', '|', ' '].map((sign) => ({ sign, count: text.split(sign).length - 1 }));
  const [most] = counts.sort((a, b) => b.count - a.count);
  return `more than ${most.count.toLocaleString('en-US')} columns`;
}

function decoded(decoder: TextDecoder, bytes: Buffer | null, where: string, line: number, encoding: string): string {
  try {
    return bytes === null ? decoder.decode() : decoder.decode(bytes, { stream: true });
  } catch {
    throw refusal({
      where,
      expected: `text in ${encoding.toUpperCase()}`,
      found: `other bytes (after row ${line})`,
      remedy: 'Save the table in UTF-8, or say `--encoding windows-1252` if an older spreadsheet wrote it.',
    });
  }
}

const newlines = (text: string): number => {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
};

function binary(where: string, line: number): Error {
  return refusal({
    where: `${where}, row ${line}`,
    expected: 'a table as text (CSV, TSV), ARFF or Parquet',
    found: 'binary data',
    remedy: 'Save the table as CSV (UTF-8) and try again.',
  });
}
