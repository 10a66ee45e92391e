import type { FileHandle } from 'node:fs/promises';
import Papa from 'papaparse';
import { decimal } from '../base/numbers.ts';
import { shortText } from '../base/shortened.ts';
import { refusal } from '../datasets/refuse.ts';
import { openParquet } from '../datasets/tables/parquet.ts';
import type { NumberArray } from './npy.ts';

/** Texts that stand for no number, as pandas writes them; they are refused later, as numbers that are none. */
const NOT_A_NUMBER = new Set(['nan', 'inf', '-inf', 'infinity', '-infinity']);

function numberOf(text: string, where: string, row: number, column: string): number {
  const trimmed = text.trim();
  const value = decimal(trimmed);
  if (value !== null) return value;
  if (NOT_A_NUMBER.has(trimmed.toLowerCase())) return Number.NaN;
  throw refusal({
    where: `${where}, row ${row}, column ${column}`,
    expected: 'a number',
    found: trimmed === '' ? 'nothing' : `"${shortText(trimmed, 40)}"`,
    remedy: 'Predictions are numbers alone; leave out columns of names.',
  });
}

/** Numbers of a CSV file, with or without a line of names; separated by commas, semicolons or tabs. */
export function readCsv(bytes: Uint8Array, where: string): NumberArray {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  const { data } = Papa.parse<string[]>(text, { delimitersToGuess: [',', ';', '\t'], skipEmptyLines: true });
  const [first] = data;
  if (first === undefined)
    throw refusal({ where, expected: 'a table of numbers', found: 'no rows', remedy: 'Check the file.' });
  const named = first.some((cell) => decimal(cell.trim()) === null && !NOT_A_NUMBER.has(cell.trim().toLowerCase()));
  const rows = named ? data.slice(1) : data;
  const width = first.length;
  const values = new Float64Array(rows.length * width);
  for (const [row, cells] of rows.entries()) {
    if (cells.length !== width)
      throw refusal({
        where: `${where}, row ${row + 1}`,
        expected: `${width} values, as in the first row`,
        found: String(cells.length),
        remedy: 'Every row must have as many values.',
      });
    for (const [j, cell] of cells.entries())
      values[row * width + j] = numberOf(cell, where, row + 1, named ? `"${shortText(first[j], 40)}"` : String(j + 1));
  }
  return { shape: [rows.length, width], values };
}

/** Numbers of a Parquet file. */
export async function readParquet(handle: FileHandle, where: string): Promise<NumberArray> {
  const table = await openParquet(handle, where);
  const width = table.names.length;
  const values: number[] = [];
  let rows = 0;
  for await (const columns of table.groups()) {
    const count = columns[0]?.length ?? 0;
    for (let row = 0; row < count; row += 1)
      for (const [j, column] of columns.entries())
        values.push(numberOf(column[row] ?? 'nan', where, rows + row + 1, `"${shortText(table.names[j], 40)}"`));
    rows += count;
  }
  return { shape: [rows, width], values: Float64Array.from(values) };
}
