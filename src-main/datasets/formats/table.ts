import Papa from 'papaparse';
import type { TableColumn, TableLayout } from '../entry.ts';
import { refusal } from '../refuse.ts';
import type { Column, TableRows } from '../types.ts';

/** Features row-major and class indices, before any split. */
export interface EncodedTable {
  readonly rows: number;
  readonly columns: readonly string[];
  /** NaN where a number is missing; all 0 in the columns of a category that is. */
  readonly x: Float32Array;
  /** 0 where the target is a number. */
  readonly y: Int32Array;
  /** The same, column by column. */
  readonly table: TableRows;
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

/** The features of a layout as columns of a table. */
export function featureColumns(columns: readonly TableColumn[]): Column[] {
  return columns.flatMap((column): Column[] => {
    if (column.kind === 'numeric') return [{ name: column.name, kind: 'number' }];
    if (column.kind !== 'categorical' && column.kind !== 'ordinal') return [];
    const { name, levels, kind } = column;
    return [{ name, kind: 'category', levels, ordered: kind === 'ordinal' }];
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
  const features = featureColumns(columns);
  const values = features.map(({ kind }) =>
    kind === 'number' ? new Float64Array(body.length) : new Int32Array(body.length),
  );
  const numbers = columns.some(({ kind }) => kind === 'number-target') ? new Float64Array(body.length) : null;
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
    const gap = columns.find(
      (column, c) =>
        isNeeded(column, layout.missing) && isMissing(row[c] ?? '') && !levelsOf(column).includes(row[c] ?? ''),
    );
    if (gap !== undefined) {
      if (layout.missing === 'drop-rows') return;
      throw refusal({
        where: at,
        expected: `a value for "${gap.name}"`,
        found: 'a missing one',
        remedy: 'Fill it in, or import with missing values set to "drop-rows".',
      });
    }
    let [place, feature] = [rows * names.length, 0];
    encoders.forEach((encode, c) => {
      const into = isFeature(columns[c]) ? values[feature++] : numbers;
      place += encode({ value: row[c] ?? '', x, y, into, place, row: rows, at });
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
    table: { values: values.map((column) => column.subarray(0, rows)), numbers: numbers?.subarray(0, rows) ?? null },
    dropped: body.length - rows,
  };
}

interface Cell {
  readonly value: string;
  readonly x: Float32Array;
  readonly y: Int32Array;
  /** The column of the table, or the numbers to be told. */
  readonly into: Float64Array | Int32Array | null;
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
    return ({ value, x, into, place, row, at }) => {
      const number = isMissing(value) ? Number.NaN : numberOf(value, column.name, at);
      if (into !== null) into[row] = number;
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
  if (column.kind === 'number-target')
    return ({ value, into, row, at }) => {
      if (into !== null) into[row] = numberOf(value, column.name, at);
      return 0;
    };
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
  /** Its rank; −1 where it is missing, which the layout allows by now. */
  const placed = ({ value, into, row, at }: Cell): number => {
    const rank = isMissing(value) && !ranks.has(value) ? -1 : rankOf(value, at);
    if (into !== null) into[row] = rank;
    return rank;
  };
  if (column.kind === 'ordinal')
    return (cell) => {
      const rank = placed(cell);
      cell.x[cell.place] = rank < 0 ? Number.NaN : rank;
      return 1;
    };
  return (cell) => {
    const rank = placed(cell);
    if (rank >= 0) cell.x[cell.place + rank] = 1;
    return column.levels.length;
  };
}

function numberOf(value: string, column: string, at: string): number {
  const number = Number(value);
  if (!Number.isFinite(number))
    throw refusal({
      where: `${at}, column "${column}"`,
      expected: 'a number',
      found: `"${value}"`,
      remedy: 'Correct the value, or declare the column categorical.',
    });
  return number;
}

function isFeature({ kind }: TableColumn): boolean {
  return kind === 'numeric' || kind === 'ordinal' || kind === 'categorical';
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

/** Whether a row without a value in this column cannot be kept. */
function isNeeded({ kind }: TableColumn, missing: TableLayout['missing']): boolean {
  return kind !== 'ignore' && (missing !== 'keep' || kind === 'target' || kind === 'number-target');
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
