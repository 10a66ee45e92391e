import type { FileHandle } from 'node:fs/promises';
import { parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet';
import type { AsyncBuffer, DecodedArray, FileMetaData, SchemaTree } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { reason, refusal } from '../refuse.ts';
import { LIMITS, counted } from './limits.ts';

export interface ParquetTable {
  readonly names: readonly string[];
  readonly rows: number;
  /** Every row group in turn: its columns' values as text, null where there is none. */
  groups(): AsyncGenerator<(string | null)[][]>;
}

/** Whether a file begins as Parquet files do. */
export async function isParquet(handle: FileHandle): Promise<boolean> {
  const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
  return buffer.toString('latin1') === 'PAR1';
}

/**
 * A Parquet file whose columns are numbers, texts, truth values or dates.
 *
 * @throws DatasetError when it is damaged or has lists, or columns inside columns.
 */
export async function openParquet(handle: FileHandle, where: string): Promise<ParquetTable> {
  const file = bufferOf(handle, (await handle.stat()).size);
  const damaged = (error: unknown): Error =>
    refusal({
      where,
      expected: 'an intact Parquet file',
      found: reason(error),
      remedy: 'Write the file again, or save the table as CSV.',
    });
  let metadata: FileMetaData;
  let columns: readonly SchemaTree[];
  try {
    metadata = await parquetMetadataAsync(file);
    columns = parquetSchema(metadata).children;
  } catch (error) {
    throw damaged(error);
  }
  const nested = columns.find(({ children }) => children.length > 0);
  if (nested !== undefined)
    throw refusal({
      where: `${where}, column "${nested.element.name}"`,
      expected: 'one value a row',
      found: 'a list or a record',
      remedy: 'Write the table without this column.',
    });
  if (columns.length > LIMITS.columns)
    throw refusal({
      where,
      expected: `at most ${counted(LIMITS.columns)} columns`,
      found: counted(columns.length),
      remedy: 'Leave some out, or turn the table so that examples are rows.',
    });
  const names = columns.map(({ element }) => element.name);
  // A chunk of no column is read and waited for by nobody: what it throws would end the process.
  const other = metadata.row_groups.findIndex(
    (group) =>
      group.columns.length !== names.length ||
      group.columns.some((chunk, j) => chunk.meta_data?.path_in_schema.join('.') !== names[j]),
  );
  if (other >= 0) throw damaged(new Error(`row group ${other + 1} has other columns than the table`));
  const rows = Number(metadata.num_rows);
  return {
    names,
    rows,
    async *groups() {
      let start = 0;
      for (const group of metadata.row_groups) {
        const end = start + Number(group.num_rows);
        const parts = new Map<string, (string | null)[]>(names.map((name) => [name, []]));
        // Nobody waits for what is thrown in onChunk: it would end the process.
        const failures: unknown[] = [];
        try {
          await parquetRead({
            file,
            metadata,
            compressors,
            rowStart: start,
            rowEnd: end,
            onChunk: ({ columnName, columnData, rowStart }) => {
              const into = parts.get(columnName);
              try {
                if (into !== undefined) fill(into, columnData, rowStart - start, end - start);
              } catch (error) {
                failures.push(error);
              }
            },
          });
        } catch (error) {
          throw damaged(error);
        }
        if (failures.length > 0) throw damaged(failures[0]);
        const short = names.find((name) => parts.get(name)?.length !== end - start);
        if (short !== undefined) throw damaged(new Error(`column "${short}" has other rows than the table`));
        yield names.map((name) => parts.get(name) ?? []);
        start = end;
      }
    },
  };
}

function fill(into: (string | null)[], values: DecodedArray, from: number, rows: number): void {
  for (let i = 0; i < values.length && from + i < rows; i += 1) if (from + i >= 0) into[from + i] = textOf(values[i]);
}

/** A value as the text that a CSV would have. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isNaN(value) ? null : String(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return JSON.stringify(value);
}

function bufferOf(handle: FileHandle, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    slice(start, end = byteLength) {
      const read = readBytes(handle, start, Math.min(end, byteLength));
      // All ranges are asked for at once, and the first that fails ends the wait: the others would be nobody's.
      read.catch(() => undefined);
      return read;
    },
  };
}

async function readBytes(handle: FileHandle, start: number, end: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(Math.max(0, end - start));
  await handle.read(bytes, 0, bytes.length, start);
  return bytes.buffer;
}
