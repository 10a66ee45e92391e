import { countText } from '../base/places.ts';
import { allColumns, cellOf, type Column, type MetricColumn } from '../metrics/board/columns.ts';
import { arrange, type RowOrder } from '../metrics/board/rows.ts';
import { boardTable, type BoardTable, type TableCell, type TableColumn } from '../metrics/board/table.ts';
import { MISSING } from '../metrics/format.ts';
import { PLAIN_VIEW, type CurveView } from '../metrics/pictures/curves.ts';
import { ROW_COSTS } from '../metrics/cost-definitions.ts';
import type { Leaderboard, LeaderboardCell, LeaderboardRow } from '../metrics/records.ts';
import { METRICS } from '../metrics/registry.ts';
import { claimText } from './words.ts';

/** What a person chose to see of a leaderboard: rows, their order, columns and baseline. */
export interface BoardView extends RowOrder {
  /** Ids of columns (`suite~metric`, `cost.seconds`); null: all. */
  readonly columns: readonly string[] | null;
  /** Over what curves are drawn. */
  readonly curves: CurveView;
}

/** Everything, in the usual order, without a baseline. */
export const WHOLE_BOARD: BoardView = {
  columns: null,
  sort: null,
  baseline: null,
  pinned: [],
  hidden: [],
  families: [],
  without: [],
  filter: '',
  perMethod: false,
  unfolded: [],
  curves: PLAIN_VIEW,
};

/** What of a leaderboard is about one suite, as text. */
export interface SuiteBoard {
  readonly suite: string;
  readonly title: string;
  /** Never empty: the headline first. */
  readonly metrics: readonly MetricColumn[];
  /** Those shown, in their places. */
  readonly rows: readonly LeaderboardRow[];
  /** Rank and seeds by the headline, every measured column, what is published, costs. */
  readonly values: BoardTable;
  /** Paired differences to the baseline; null without one. */
  readonly differences: BoardTable | null;
  /** Whether a value is a mean over folds too. */
  readonly hasFolds: boolean;
}

const FACTS = new Map(METRICS.map((metric) => [metric.id, metric]));

/**
 * A leaderboard suite by suite, as the view wants it. Rows and columns that it leaves out stay out; ranks and marks
 * stay those of all rows.
 */
export function suiteBoards(
  board: Leaderboard<unknown>,
  view: BoardView,
  suiteTitle: (suite: string) => string,
): SuiteBoard[] {
  const all = allColumns({ columns: board.columns, available: board.columns }, FACTS);
  const shown = all.filter((column) => view.columns === null || view.columns.includes(column.id));
  const suites = [...new Set(board.columns.map(({ suite }) => suite))];
  return suites.flatMap((suite): SuiteBoard[] => {
    const ofSuite = (column: Column): column is MetricColumn => column.kind === 'metric' && column.suite === suite;
    const [headline] = all.filter(ofSuite);
    const metrics = shown.filter(ofSuite);
    const costs = shown.filter(({ kind }) => kind === 'cost');
    if (headline === undefined || metrics.length === 0) return [];
    const own = board.rows.flatMap((row): LeaderboardRow[] => {
      const cells = row.cells.filter((cell) => cell.suite === suite);
      // A method of another family has nothing to say here: a row of refusals would only be noise.
      return cells.every(({ finished, expected, older }) => finished + expected + older === 0)
        ? []
        : [onSuite(row, suite)];
    });
    // The order may be by a column that is not shown, or of another suite, which says nothing here.
    const order = all.some(({ id }) => id === view.sort?.column) || view.sort?.column === 'method' ? view.sort : null;
    const orderedBy = [
      headline,
      ...all.filter((column) => column !== headline && (column.kind !== 'metric' || column.suite === suite)),
    ];
    const arranged = arrange({ rows: own }, { ...view, baseline: null, sort: order }, orderedBy);
    const rows = [...arranged.upper, ...arranged.pinned, ...arranged.rows, ...arranged.lower];
    const baseline = own.find(({ key }) => key === view.baseline) ?? null;
    const words = { suiteTitle };
    return [
      {
        suite,
        title: suiteTitle(suite),
        metrics,
        rows,
        values: withClaims(
          withRanks(boardTable(arranged, [...metrics, ...costs], null, words), rows, headline),
          rows,
          metrics,
        ),
        differences: baseline === null ? null : boardTable(arranged, metrics, baseline, words),
        hasFolds: rows.some((row) => metrics.some((column) => (cellOf(row, column)?.estimate?.folds ?? 1) > 1)),
      },
    ];
  });
}

/** The group that a column lies in. */
function grouped({ columns }: BoardTable, { id }: MetricColumn): Pick<TableColumn, 'group' | 'groupTitle'> {
  const column = columns.find((candidate) => candidate.id === id);
  return { group: column?.group ?? '', groupTitle: column?.groupTitle ?? '' };
}

/** The row with its costs on one suite, where they are known, in place of those over all. */
function onSuite(row: LeaderboardRow, suite: string): LeaderboardRow {
  const costs = row.costs.filter((one) => one.suite === suite);
  const cost = { ...row.cost };
  for (const name of ROW_COSTS) if (costs[0] !== undefined) cost[name] = costs[0].cost[name]?.middle ?? null;
  return { ...row, cost, costs };
}

const PLAIN = { group: '', groupTitle: '', unit: '', direction: 'none', differenceTo: null, measured: false } as const;
const WORD = { spread: '', range: '', n: '', lost: '', mark: null, state: 'done', remark: '' } as const;

/**
 * `5` (`5×10` seeds × folds), `3/5` where some are missing, `0/5` where none has a result; a dash where nothing was
 * asked for.
 */
function seedsText(cell: LeaderboardCell | null): string {
  if (cell === null || cell.state === 'not-applicable' || cell.state === 'missing') return MISSING;
  const { estimate, finished, expected } = cell;
  return finished < expected ? `${estimate?.n ?? 0}/${expected}` : estimate === null ? '0' : countText(estimate);
}

/** The table with rank and number of seeds by the suite's headline in front. */
function withRanks(table: BoardTable, rows: readonly LeaderboardRow[], headline: MetricColumn): BoardTable {
  const columns: TableColumn[] = [
    { ...PLAIN, id: 'place', title: 'Rank' },
    { ...PLAIN, id: 'seeds', title: 'Seeds' },
  ];
  return {
    ...table,
    columns: [...columns, ...table.columns],
    rows: table.rows.map((line, r) => {
      const row = rows[r];
      const cell = row === undefined ? null : cellOf(row, headline);
      const rank = cell?.rank ?? null;
      const n = cell?.estimate?.n ?? null;
      const leading: TableCell[] = [
        { ...WORD, text: rank === null ? MISSING : String(rank), value: rank },
        { ...WORD, text: seedsText(cell), value: n },
      ];
      return { ...line, cells: [...leading, ...line.cells] };
    }),
  };
}

/**
 * The table with the verdict on what is published beside the first metric of which something is; the same table where
 * nothing is.
 */
function withClaims(table: BoardTable, rows: readonly LeaderboardRow[], metrics: readonly MetricColumn[]): BoardTable {
  const claimed = metrics.find((metric) => rows.some((row) => cellOf(row, metric)?.claim != null));
  if (claimed === undefined) return table;
  const column: TableColumn = { ...PLAIN, ...grouped(table, claimed), id: 'published', title: 'Published' };
  const at = table.columns.findIndex(({ id }) => id === claimed.id) + 1;
  return {
    ...table,
    columns: table.columns.toSpliced(at, 0, column),
    rows: table.rows.map((line, r) => {
      const row = rows[r];
      const claim = row === undefined ? null : (cellOf(row, claimed)?.claim ?? null);
      const cell: TableCell = {
        ...WORD,
        text: claim?.verdict ?? MISSING,
        value: null,
        state: claim?.verdict ?? 'missing',
        remark: claim === null ? '' : claimText(claim, claimed.unit),
      };
      return { ...line, cells: line.cells.toSpliced(at, 0, cell) };
    }),
  };
}
