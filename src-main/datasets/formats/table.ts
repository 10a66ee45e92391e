import Papa from 'papaparse';
import type { TableColumn, TableLayout } from '../entry.ts';
import { refusal } from '../refuse.ts';

/** Features row-major and class indices, before any split. */
export interface EncodedTable {
  readonly rows: number;
  readonly columns: readonly string[];
  readonly x: Float32Array;
  readonly y: Int32Array;
  /** Rows left out because a value was missing. */
  readonly dropped: number;
}

type Rows = readonly (readonly string[])[];

/** Values that stand for "missing" in a table, besides nothing at all. */
export function isMissing(value: string): boolean {
  return value === '' || value === '?' || value === 'NA' || value === 'NaN' || value === 'nan';
}

/**
 * Cells of a delimited text, trimmed. Blank lines are left out.
 *
 * @throws DatasetError for an unclosed quote or binary content.
 */
export function parseCells(text: string, separator: string, where: string): Rows {
  if (text.includes('\0')) {
    throw refusal({
      where,
      expected: 'a table as text',
      found: 'binary data',
      remedy: 'Save the table as CSV (UTF-8) and try again.',
    });
  }
  const { data, errors } = Papa.parse<string[]>(text.startsWith('\uFEFF') ? text.slice(1) : text, {
    delimiter: separator,
    skipEmptyLines: 'greedy',
  });
  const broken = errors.find((error) => error.type === 'Quotes');
  if (broken !== undefined) {
    throw refusal({
      where: `${where}, row ${(broken.row ?? 0) + 1}`,
      expected: 'quotes in pairs',
      found: broken.message,
      remedy: 'Close the quote, or double a quote inside a value.',
    });
  }
  return data.map((row) => row.map((value) => value.trim()));
}

/**
 * The names of the features that `columns` become, in order: one per numeric or ordinal column, one per level of a
 * categorical one.
 */
export function encodedColumns(columns: readonly TableColumn[]): string[] {
  return columns.flatMap((column) => {
    if (column.kind === 'categorical') return column.levels.map((level) => `${column.name}=${level}`);
    return column.kind === 'numeric' || column.kind === 'ordinal' ? [column.name] : [];
  });
}

/**
 * Encodes a table by its layout: numbers as they are (nothing is standardised here; methods and suites do that from the
 * training rows), categorical columns one-hot, ordinal ones by rank, the target as class index.
 *
 * @throws DatasetError naming row and column when a row has too few or too many values, a number can't be read, a level
 *   or class is unknown, or a value is missing and the layout refuses that.
 */
export function encodeTable(
  text: string,
  layout: Pick<TableLayout, 'separator' | 'header' | 'columns' | 'missing' | 'pixelMaximum'>,
  where: string,
): EncodedTable {
  const cells = parseCells(text, layout.separator, where);
  const { columns } = layout;
  if (layout.header) checkHeader(cells[0] ?? [], columns, where);
  const body = layout.header ? cells.slice(1) : cells;
  const names = encodedColumns(columns);
  const encoders = columns.map((column) => encoder(column, layout.pixelMaximum));
  const x = new Float32Array(body.length * names.length);
  const y = new Int32Array(body.length);
  let rows = 0;
  body.forEach((row, index) => {
    const at = `${where}, row ${index + 1 + (layout.header ? 1 : 0)}`;
    if (row.length !== columns.length) {
      throw refusal({
        where: at,
        expected: `${columns.length} values separated by ${shown(layout.separator)}`,
        found: `${row.length}`,
        remedy: 'The file may be truncated, or the separator another one.',
      });
    }
    if (
      columns.some((column, c) => isUsed(column) && isMissing(row[c] ?? '') && !levelsOf(column).includes(row[c] ?? ''))
    ) {
      if (layout.missing === 'drop-rows') return;
      const name = columns.find((column, c) => isUsed(column) && isMissing(row[c] ?? ''))?.name ?? '';
      throw refusal({
        where: at,
        expected: `a value for "${name}"`,
        found: 'a missing one',
        remedy: 'Fill it in, or import with missing values set to "drop-rows".',
      });
    }
    let place = rows * names.length;
    encoders.forEach((encode, c) => {
      const value = row[c] ?? '';
      place += encode({ value, x, y, place, row: rows, at });
    });
    rows += 1;
  });
  if (rows === 0)
    throw refusal({ where, expected: 'at least one row', found: 'none', remedy: 'Check that this is the right file.' });
  return {
    rows,
    columns: names,
    x: x.subarray(0, rows * names.length),
    y: y.subarray(0, rows),
    dropped: body.length - rows,
  };
}

interface Cell {
  readonly value: string;
  readonly x: Float32Array;
  readonly y: Int32Array;
  /** Where in `x` the column's values go. */
  readonly place: number;
  readonly row: number;
  readonly at: string;
}

/** Writes one cell and answers how many features it took. */
type Encoder = (cell: Cell) => number;

function encoder(column: TableColumn, pixelMaximum: number | null): Encoder {
  if (column.kind === 'ignore') return () => 0;
  if (column.kind === 'numeric') {
    return ({ value, x, place, at }) => {
      const number = Number(value);
      if (!Number.isFinite(number))
        throw refusal({
          where: `${at}, column "${column.name}"`,
          expected: 'a number',
          found: `"${value}"`,
          remedy: 'Correct the value, or declare the column categorical.',
        });
      if (pixelMaximum !== null && (number < 0 || number > pixelMaximum)) {
        throw refusal({
          where: `${at}, column "${column.name}"`,
          expected: `a pixel of 0 … ${pixelMaximum}`,
          found: value,
          remedy: 'Check that this is the right file.',
        });
      }
      x[place] = pixelMaximum === null ? number : number / pixelMaximum;
      return 1;
    };
  }
  const ranks = new Map(column.levels.map((level, rank) => [level, rank]));
  const rankOf = (value: string, at: string): number => {
    const rank = ranks.get(value);
    if (rank === undefined) {
      const what = column.kind === 'target' ? 'a class' : 'a level';
      throw refusal({
        where: `${at}, column "${column.name}"`,
        expected: `${what} out of ${listed(column.levels)}`,
        found: `"${value}"`,
        remedy: 'Check that this is the right file and the right target column.',
      });
    }
    return rank;
  };
  if (column.kind === 'target')
    return ({ value, y, row, at }) => {
      y[row] = rankOf(value, at);
      return 0;
    };
  if (column.kind === 'ordinal')
    return ({ value, x, place, at }) => {
      x[place] = rankOf(value, at);
      return 1;
    };
  return ({ value, x, place, at }) => {
    x[place + rankOf(value, at)] = 1;
    return column.levels.length;
  };
}

function checkHeader(header: readonly string[], columns: readonly TableColumn[], where: string): void {
  const wrong = columns.findIndex((column, c) => header[c] !== column.name);
  if (wrong < 0) return;
  throw refusal({
    where: `${where}, header`,
    expected: `"${columns[wrong]?.name ?? ''}" as column ${wrong + 1}`,
    found: header[wrong] === undefined ? `only ${header.length} columns` : `"${header[wrong]}"`,
    remedy: 'Check that this is the right file and that it has a line of column names.',
  });
}

function isUsed(column: TableColumn): boolean {
  return column.kind !== 'ignore';
}

function levelsOf(column: TableColumn): readonly string[] {
  return 'levels' in column ? column.levels : [];
}

function listed(levels: readonly string[]): string {
  return levels.length <= 12
    ? levels.map((level) => `"${level}"`).join(', ')
    : `${levels.length} known ones ("${levels[0]}", "${levels[1]}", …)`;
}

export function shown(separator: string): string {
  return separator === '\t' ? 'a tab' : separator === ' ' ? 'a space' : `"${separator}"`;
}
