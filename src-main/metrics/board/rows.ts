import type { LeaderboardRow } from '../records.ts';
import { cellOf, type Column } from './columns.ts';

/** The rows of a leaderboard in their places: one order for the screen, what is copied from it, reports and the command line. */

export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

/** What decides which rows are where; rows are named by their keys. */
export interface RowOrder {
  readonly sort: Sort | null;
  readonly baseline: string | null;
  readonly pinned: readonly string[];
  readonly hidden: readonly string[];
  /** Families shown; empty: all. */
  readonly families: readonly string[];
  /** Needs that a row must not have. */
  readonly without: readonly string[];
}

/** What a column sorts by; null when there is nothing, which always comes last. */
export function sortValue(row: LeaderboardRow, column: Column, delta: boolean): number | null {
  if (column.kind === 'rank') return row.meanRank;
  if (column.kind === 'cost') return row.cost[column.cost];
  const cell = cellOf(row, column);
  return (delta && cell?.delta != null ? cell.delta.mean : cell?.estimate?.mean) ?? null;
}

export interface Arranged {
  readonly upper: readonly LeaderboardRow[];
  readonly pinned: readonly LeaderboardRow[];
  readonly rows: readonly LeaderboardRow[];
  readonly lower: readonly LeaderboardRow[];
  readonly hidden: readonly LeaderboardRow[];
  readonly filtered: number;
  /** What the rows are sorted by, also when nobody chose. */
  readonly sort: Sort | null;
}

/** Rows in their places: references apart and always there, pinned rows first, the rest sorted; better first unless asked otherwise. */
export function arrange(
  board: { readonly rows: readonly LeaderboardRow[] },
  order: RowOrder,
  columns: readonly Column[],
): Arranged {
  const hidden = board.rows.filter((row) => order.hidden.includes(row.key) && row.reference === null);
  const visible = board.rows.filter((row) => !hidden.includes(row));
  const passes = (row: LeaderboardRow) =>
    row.reference !== null ||
    ((order.families.length === 0 || order.families.includes(row.family)) &&
      order.without.every((need) => row.needs[need] !== true));
  const shown = visible.filter(passes);
  const chosen = columns.find((column) => column.id === order.sort?.column);
  const column = chosen ?? columns.find((each) => each.kind === 'metric');
  const descending =
    chosen === undefined || order.sort === null ? column?.direction !== 'lower' : order.sort.descending;
  const sorted = (rows: readonly LeaderboardRow[]) => {
    if (order.sort?.column === 'method')
      return [...rows].sort(
        (a, b) => (order.sort?.descending === true ? -1 : 1) * a.name.localeCompare(b.name, 'en', { numeric: true }),
      );
    if (column === undefined) return rows;
    return [...rows].sort((a, b) => {
      const [x, y] = [sortValue(a, column, order.baseline !== null), sortValue(b, column, order.baseline !== null)];
      if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
      return descending ? y - x : x - y;
    });
  };
  const plain = shown.filter((row) => row.reference === null);
  return {
    upper: sorted(shown.filter((row) => row.reference === 'upper')),
    pinned: sorted(plain.filter((row) => order.pinned.includes(row.key))),
    rows: sorted(plain.filter((row) => !order.pinned.includes(row.key))),
    lower: sorted(shown.filter((row) => row.reference === 'lower')),
    hidden,
    filtered: visible.length - shown.length,
    sort:
      order.sort?.column === 'method' ? order.sort : column === undefined ? null : { column: column.id, descending },
  };
}
