import type { LeaderboardRow } from '../records.ts';
import { cellOf, groupKey, type Column } from './columns.ts';
import { layOut, viewCell, viewPlain, type ColumnLayout } from './cells.ts';
import { hasLost } from './lost.ts';
import { markWords } from './marks-of-row.ts';
import { fixed } from './numbers.ts';
import type { Arranged } from './rows.ts';

/**
 * A leaderboard as text: the one model of what is copied from the screen and of the tables in reports, whatever they
 * are written in. Runs in a browser.
 */

export interface TableColumn {
  readonly id: string;
  /** Columns of one group lie side by side under its title. */
  readonly group: string;
  readonly groupTitle: string;
  readonly title: string;
  /** Empty for plain numbers; differences of shares are in points. */
  readonly unit: string;
  readonly direction: 'higher' | 'lower' | 'none';
  /** Name of the row that the numbers are differences to; null: they are values. */
  readonly differenceTo: string | null;
  /** Has it an uncertainty and a number of seeds beside its value? */
  readonly measured: boolean;
}

export interface TableCell {
  /** The number, or a word that says why there is none. */
  readonly text: string;
  /** Half of the 95 % interval; empty where there is none. */
  readonly spread: string;
  /** The least and the most, of a cost on one suite; empty where they are alike. */
  readonly range: string;
  /** Seeds, `3/5` where some are missing; empty for costs. */
  readonly n: string;
  /** `2 of 5 diverged`, where the value is of the others only. */
  readonly lost: string;
  readonly mark: 'best' | 'tied' | null;
  /** In stored units, to sort by. */
  readonly value: number | null;
  readonly state: string;
  /** What is to be said about it: why it is empty, why it has no mark. */
  readonly remark: string;
}

/** References lie between rules above and below the others. */
export type TablePart = 'upper' | 'rows' | 'lower';

export interface TableRow {
  readonly key: string;
  readonly name: string;
  /** What the name does not say: `imported`, `not checked`. */
  readonly marks: readonly string[];
  readonly part: TablePart;
  readonly cells: readonly TableCell[];
}

export interface BoardTable {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow[];
  /** Sentences that belong under the table. */
  readonly notes: readonly string[];
}

export interface TableWords {
  readonly suiteTitle: (suite: string) => string;
}

/** Heading of a column's group: the suite, with what its numbers are differences to. */
export const groupHeading = ({ groupTitle, differenceTo }: TableColumn): string =>
  differenceTo === null ? groupTitle : `${groupTitle}, Δ to ${differenceTo}`;

const ARROWS = { higher: ' ↑', lower: ' ↓', none: '' } as const;

/** Heading of a column under that of its group: `Forgetting (%) ↓`. */
export const columnHeading = ({ title, unit, direction, measured }: TableColumn): string =>
  `${title}${unit === '' ? '' : ` (${unit})`}${measured ? ARROWS[direction] : ''}`;

/** Heading of a column that stands alone: `Split MNIST, Δ to ER: Final accuracy (points) ↑`. */
export const fullHeading = (column: TableColumn): string =>
  column.measured ? `${groupHeading(column)}: ${columnHeading(column)}` : columnHeading(column);

/**
 * The rows of a leaderboard in their places with the columns asked for. With a baseline, measured columns hold the
 * paired differences to it and nothing else; what the baseline itself reached is said in a note.
 */
export function boardTable(
  arranged: Pick<Arranged, 'upper' | 'pinned' | 'rows' | 'lower'>,
  columns: readonly Column[],
  baseline: LeaderboardRow | null,
  words: TableWords,
): BoardTable {
  const parts: readonly (readonly [TablePart, readonly LeaderboardRow[]])[] = [
    ['upper', arranged.upper],
    ['rows', [...arranged.pinned, ...arranged.rows]],
    ['lower', arranged.lower],
  ];
  const rows = parts.flatMap(([, some]) => some);
  const layouts = columns.map((column) => layOut(column, rows, baseline !== null));
  return {
    columns: layouts.map((layout) => tableColumn(layout, baseline, words)),
    rows: parts.flatMap(([part, some]) =>
      some.map((row) => ({
        key: row.key,
        name: row.name,
        marks: markWords(row),
        part,
        cells: layouts.map((layout) => tableCell(row, layout, baseline)),
      })),
    ),
    notes: [...(baseline === null ? [] : baselineNotes(baseline, columns, words)), ...lostNotes(rows, columns)],
  };
}

function tableColumn({ column, unit }: ColumnLayout, baseline: LeaderboardRow | null, words: TableWords): TableColumn {
  const measured = column.kind === 'metric';
  const differenceTo = measured && baseline !== null ? baseline.name : null;
  return {
    id: column.id,
    group: groupKey(column),
    groupTitle: measured ? words.suiteTitle(column.suite) : column.kind === 'cost' ? 'Cost' : 'All suites',
    title: column.title,
    unit: differenceTo !== null && unit === '%' ? 'points' : unit,
    direction: column.direction,
    differenceTo,
    measured,
  };
}

const PLAIN = { spread: '', range: '', n: '', lost: '', mark: null, state: 'done', remark: '' } as const;

function tableCell(row: LeaderboardRow, layout: ColumnLayout, baseline: LeaderboardRow | null): TableCell {
  const { column } = layout;
  if (column.kind === 'rank') return { ...PLAIN, text: viewPlain(row, layout), value: row.meanRank };
  if (column.kind === 'cost')
    return { ...PLAIN, text: viewPlain(row, layout), value: row.cost[column.cost], range: costRange(row, layout) };
  if (row.key === baseline?.key) return { ...PLAIN, text: 'baseline', value: 0, state: 'baseline' };
  const cell = cellOf(row, column);
  const { main, spread, n, lost, mark, state } = viewCell(cell, layout, {
    delta: baseline !== null,
    isBaseline: false,
  });
  const value = (baseline === null ? cell?.estimate : cell?.delta)?.mean ?? null;
  return {
    ...PLAIN,
    text: main,
    spread,
    n,
    lost: value === null ? '' : lost,
    mark,
    value,
    state,
    remark: cell?.why ?? '',
  };
}

/** The least and the most that a trial took, in the column's unit, of a row that has its costs on one suite. */
function costRange(row: LeaderboardRow, layout: ColumnLayout): string {
  const { column } = layout;
  const [only, another] = row.costs;
  const cost = column.kind === 'cost' && another === undefined ? (only?.cost[column.cost] ?? null) : null;
  if (cost === null) return '';
  const [low, high] = [cost.low, cost.high].map((value) => fixed(value / layout.divisor, layout.decimals));
  return low === high ? '' : `${low} to ${high}`;
}

/** What a mean is of where seeds diverged, once for the table: each such cell says how many. */
function lostNotes(rows: readonly LeaderboardRow[], columns: readonly Column[]): string[] {
  const isLost = rows.some((row) =>
    columns.some((column) => {
      const cell = column.kind === 'metric' ? cellOf(row, column) : null;
      return cell !== null && cell.estimate !== null && hasLost(cell);
    }),
  );
  return isLost ? ['Where seeds diverged the mean is over the finite ones; it has no rank and no mark.'] : [];
}

/** What the row that all differences are to reached, once a suite. */
function baselineNotes(baseline: LeaderboardRow, columns: readonly Column[], { suiteTitle }: TableWords): string[] {
  const bySuite = new Map<string, string[]>();
  for (const column of columns) {
    if (column.kind !== 'metric') continue;
    const layout = layOut(column, [baseline], false);
    const { main, spread } = viewCell(cellOf(baseline, column), layout, { delta: false, isBaseline: false });
    const unit = layout.unit === '' ? '' : ` ${layout.unit}`;
    const said = bySuite.get(column.suite) ?? [];
    said.push(`${column.title} ${main}${spread === '' ? '' : ` ± ${spread}`}${unit}`);
    bySuite.set(column.suite, said);
  }
  return [...bySuite].map(([suite, said]) => `${baseline.name} itself on ${suiteTitle(suite)}: ${said.join('; ')}.`);
}

/** Characters that a table's cell and its padding take on paper. */
const PADDING = 2;
const NAME_LEAST = 14;
const NAME_MOST = 34;

const longestWord = (text: string): number => Math.max(0, ...text.split(/\s+/).map((word) => word.length));

/** How many characters wide a column is: its widest cell, and a heading that may take three lines. */
function columnWidth(table: BoardTable, c: number): number {
  const column = table.columns[c];
  const heading = column === undefined ? '' : columnHeading(column);
  const cells = table.rows.map(({ cells: { [c]: cell } }) =>
    cell === undefined
      ? 0
      : Math.max(
          cell.range.length,
          cell.lost.length,
          cell.text.length + (cell.spread === '' ? 0 : cell.spread.length + 3),
        ),
  );
  return PADDING + Math.max(...cells, 0, longestWord(heading), Math.ceil(heading.length / 3));
}

/**
 * The table in parts of at most so many characters across, for paper: every column is in exactly one of them, in its
 * order, and each part names its rows.
 */
export function splitTable(table: BoardTable, width: number): BoardTable[] {
  const name = Math.min(NAME_MOST, Math.max(NAME_LEAST, ...table.rows.map((row) => row.name.length))) + PADDING;
  const portions: number[][] = [];
  let room = 0;
  table.columns.forEach((_, c) => {
    const needed = columnWidth(table, c);
    const last = portions.at(-1);
    if (last === undefined || needed > room) {
      portions.push([c]);
      room = width - name - needed;
    } else {
      last.push(c);
      room -= needed;
    }
  });
  if (portions.length < 2) return [table];
  return portions.map((portion, p) => ({
    columns: table.columns.filter((_, c) => portion.includes(c)),
    rows: table.rows.map((row) => ({ ...row, cells: row.cells.filter((_, c) => portion.includes(c)) })),
    notes: p === portions.length - 1 ? table.notes : [],
  }));
}
