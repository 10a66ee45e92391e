import { stream } from '../../engine/random/streams.ts';
import type { CatalogueEntry, ColumnsLayout, StoredColumn } from '../entry.ts';
import { stratifiedSplit } from '../split.ts';
import type { Split } from '../split.ts';
import type { DatasetSplit, TableColumns } from '../types.ts';
import type { StoredTable } from './stored.ts';

/** Names of the columns that networks get: one a number or ordered category, one a level of any other category. */
export function encodedNames(columns: readonly StoredColumn[]): string[] {
  return columns.flatMap((column) =>
    column.kind === 'category' && !column.ordered
      ? column.levels.map((level) => `${column.name}=${level}`)
      : [column.name],
  );
}

/** The rows on each side, drawn anew from the same stream at every opening. */
export function splitOf(
  layout: ColumnsLayout,
  { id, rows: { train: trainRows }, classes }: Pick<CatalogueEntry, 'id' | 'rows' | 'classes'>,
  table: StoredTable,
): Split {
  if (layout.split === null) {
    const all = Int32Array.from({ length: table.rows }, (_, row) => row);
    return { train: all.subarray(0, trainRows), test: all.subarray(trainRows) };
  }
  const draws = stream(layout.split.seed, `datasets/${id}/split`);
  const { y, rows } = table;
  if (y instanceof Int32Array) return stratifiedSplit(y, classes.length, layout.split.testShare, draws);
  const isTest = new Set(draws.sample(rows, rows - trainRows));
  const all = Int32Array.from({ length: rows }, (_, row) => row);
  return { train: all.filter((row) => !isTest.has(row)), test: all.filter((row) => isTest.has(row)) };
}

/**
 * Rows of a stored table as networks get them, float32: numbers as they are, or standardised in float64 where the
 * layout says so, the training
 * rows' mean where one is missing; categories as 0/1 columns (all 0 where missing or unseen) or as their rank (the
 * middle one where missing).
 */
export function encodeRows(
  table: Pick<TableColumns, 'values' | 'y'>,
  columns: readonly StoredColumn[],
  rows: Int32Array,
): DatasetSplit {
  const width = encodedNames(columns).length;
  const x = new Float32Array(rows.length * width);
  let place = 0;
  columns.forEach((column, c) => {
    const values = table.values[c];
    if (column.kind === 'number') {
      const { fill, scale } = column;
      rows.forEach((row, i) => {
        const value = Number.isNaN(values[row]) ? fill : values[row];
        x[i * width + place] = scale === null ? value : (value - scale.mean) / scale.deviation;
      });
      place += 1;
    } else if (column.ordered) {
      rows.forEach((row, i) => {
        x[i * width + place] = values[row] < 0 ? (column.levels.length - 1) / 2 : values[row];
      });
      place += 1;
    } else {
      rows.forEach((row, i) => {
        if (values[row] >= 0) x[i * width + place + values[row]] = 1;
      });
      place += column.levels.length;
    }
  });
  const { y } = table;
  return { rows: rows.length, x, y: Int32Array.from(rows, (row) => (y instanceof Int32Array ? y[row] : 0)) };
}
