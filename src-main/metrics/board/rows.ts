import type { LeaderboardRow } from '../records.ts';
import { cellOf, type Column } from './columns.ts';
import { filterNote, parseFilter, passesFilter } from './filter.ts';
import { foldByMethod } from './fold.ts';

/**
 * The rows of a leaderboard in their places: one order for the screen, what is copied from it, reports and the command
 * line.
 */

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
  /** What was typed to see some rows only: `ewc lambda>100`. */
  readonly filter: string;
  /** Only the best configuration of each method, or all; null where nobody chose: of many rows the best. */
  readonly perMethod: boolean | null;
  /** Methods of a family together, the family of the best first; not unless told. */
  readonly byFamily?: boolean;
  /** Methods of which all configurations are shown all the same. */
  readonly unfolded: readonly string[];
}

/** From so many on rows are shown by method unless asked otherwise. */
const MANY_ROWS = 60;
/** More references than these obey the filter as other rows do. */
const FEW_REFERENCES = 6;

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
  /** What is wrong with the typed filter, in words. */
  readonly filterNote: string | null;
  /** Are the rows by method? Then, by the key of a method's best row, how many others it stands for. */
  readonly perMethod: boolean;
  readonly others: ReadonlyMap<string, number>;
  /** What the rows are sorted by, also when nobody chose. */
  readonly sort: Sort | null;
}

/** The rows that are shown, from top to bottom. */
export const allRows = ({
  upper,
  pinned,
  rows,
  lower,
}: Pick<Arranged, 'upper' | 'pinned' | 'rows' | 'lower'>): readonly LeaderboardRow[] => [
  ...upper,
  ...pinned,
  ...rows,
  ...lower,
];

/**
 * Rows in their places: references apart and always there, pinned rows first, the rest sorted; better first unless
 * asked otherwise.
 */
export function arrange(
  board: { readonly rows: readonly LeaderboardRow[] },
  order: RowOrder,
  columns: readonly Column[],
): Arranged {
  const hidden = board.rows.filter((row) => order.hidden.includes(row.key) && row.reference === null);
  const visible = board.rows.filter((row) => !hidden.includes(row));
  const terms = parseFilter(order.filter);
  // Few references are the scale of every view; of many, those that are asked for.
  const manyReferences = board.rows.filter((row) => row.reference !== null).length > FEW_REFERENCES;
  const passes = (row: LeaderboardRow) =>
    (row.reference !== null && (!manyReferences || passesFilter(row, terms))) ||
    (row.reference === null &&
      passesFilter(row, terms) &&
      (order.families.length === 0 || order.families.includes(row.family)) &&
      !order.without.some((grant) => row.asks.includes(grant)));
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
  const perMethod = order.perMethod ?? board.rows.length > MANY_ROWS;
  const better = (a: LeaderboardRow, b: LeaderboardRow): boolean => {
    const [x, y] = [a, b].map((row) => (column === undefined ? null : sortValue(row, column, order.baseline !== null)));
    return x != null && (y == null || (column?.direction === 'lower' ? x < y : x > y));
  };
  // The first metric of every other suite that is shown: what a method reached there must not go with its best row
  // here.
  const suites = new Set(column?.kind === 'metric' ? [column.suite] : []);
  const elsewhere = columns.flatMap((other) => {
    if (other.kind !== 'metric' || suites.has(other.suite)) return [];
    suites.add(other.suite);
    const sign = other.direction === 'lower' ? -1 : 1;
    return [
      (row: LeaderboardRow): number | null => {
        const mean = cellOf(row, other)?.estimate?.mean;
        return mean === undefined ? null : sign * mean;
      },
    ];
  });
  // What was measured with an earlier version stands for its method only where nothing else does.
  const isBetter: typeof better = (a, b) =>
    (a.superseded === null) === (b.superseded === null) ? better(a, b) : a.superseded === null;
  const folded = (rows: readonly LeaderboardRow[]) =>
    perMethod
      ? foldByMethod(sorted(rows), isBetter, order.unfolded, elsewhere)
      : { rows: sorted(rows), others: new Map<string, number>() };
  const [upper, loose, lower] = [
    folded(shown.filter((row) => row.reference === 'upper')),
    folded(plain.filter((row) => !order.pinned.includes(row.key))),
    folded(shown.filter((row) => row.reference === 'lower')),
  ];
  return {
    upper: upper.rows,
    pinned: sorted(plain.filter((row) => order.pinned.includes(row.key))),
    rows: order.byFamily === true ? familiesTogether(loose.rows) : loose.rows,
    lower: lower.rows,
    perMethod,
    others: new Map([upper, loose, lower].flatMap(({ others }) => [...others])),
    hidden,
    filtered: visible.length - shown.length,
    // References stay whatever the filter says.
    filterNote: filterNote(
      board.rows.filter((row) => row.reference === null),
      order.filter,
    ),
    sort:
      order.sort?.column === 'method' ? order.sort : column === undefined ? null : { column: column.id, descending },
  };
}

/** The rows of each family together; families and their rows in the order that they have. */
function familiesTogether(rows: readonly LeaderboardRow[]): readonly LeaderboardRow[] {
  const families = new Map<string, LeaderboardRow[]>();
  for (const row of rows) families.set(row.family, [...(families.get(row.family) ?? []), row]);
  return [...families.values()].flat();
}
