import { COSTS, ROW_COSTS } from '../cost-definitions.ts';
import type { LeaderboardCell, LeaderboardRow } from '../records.ts';
import type { Direction } from '../definitions/metric.ts';
import type { Unit } from './numbers.ts';

/**
 * The columns of a leaderboard: one list for the screen, what is copied from it, reports and the command line. Runs in
 * a browser.
 */

/** What is known of a metric. */
export interface MetricFacts {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly direction: Direction;
  readonly formula: string;
  readonly source: string;
}

interface Place {
  readonly suite: string;
  readonly metric: string;
  /** The words of what a method measures of itself; others are known. */
  readonly measure?: MetricFacts;
}

interface Board {
  readonly columns: readonly Place[];
  /** Every metric that could be asked for. */
  readonly available: readonly Place[];
}

export type CostKey = keyof LeaderboardRow['cost'];

export interface MetricColumn {
  readonly kind: 'metric';
  readonly id: string;
  readonly suite: string;
  readonly metric: string;
  readonly title: string;
  readonly unit: Unit;
  readonly direction: Direction;
  readonly formula: string;
}

export interface CostColumn {
  readonly kind: 'cost';
  readonly id: string;
  readonly cost: CostKey;
  readonly title: string;
  readonly unit: Unit;
  readonly direction: 'lower';
  readonly formula: string;
}

export interface RankColumn {
  readonly kind: 'rank';
  readonly id: 'rank';
  readonly title: string;
  readonly direction: 'lower';
  readonly formula: string;
}

export type Column = MetricColumn | CostColumn | RankColumn;

/** Columns that stand under one heading. */
export function groupKey(column: Column | undefined): string {
  return column === undefined ? '' : column.kind === 'metric' ? column.suite : column.kind;
}

/** The id of a cost's column. */
export const costColumn = (cost: CostKey): string => `cost.${cost}`;

const columnId = (suite: string, metric: string): string => `${suite}~${metric}`;

/** Every column there is, in the order of the suites and then the costs. */
export function allColumns(board: Board, metrics: ReadonlyMap<string, MetricFacts>): readonly Column[] {
  const measured = board.available.map(({ suite, metric, measure }): MetricColumn => {
    const info = metrics.get(metric) ?? measure;
    return {
      kind: 'metric',
      id: columnId(suite, metric),
      suite,
      metric,
      title: info?.title ?? metric,
      unit: info?.unit ?? 'number',
      direction: info?.direction ?? 'none',
      formula: info === undefined ? metric : `${info.formula}${info.source === '' ? '' : ` (${info.source})`}`,
    };
  });
  const suites = new Set(measured.map((column) => column.suite));
  return [
    ...measured,
    ...(suites.size > 1
      ? [
          {
            kind: 'rank',
            id: 'rank',
            title: 'Mean rank',
            direction: 'lower',
            formula: 'Rank by each suite’s headline metric, averaged over suites.',
          } as const,
        ]
      : []),
    ...ROW_COSTS.map((cost): CostColumn => ({ kind: 'cost', id: costColumn(cost), cost, ...COSTS[cost] })),
  ];
}

/**
 * Columns that a leaderboard begins with: every suite's headline and as many further metrics as this leaves room for.
 */
export const USUAL_ROOM = 6;

/**
 * The usual columns: the metrics that the Workbench sent when asked for no particular ones, time, compute, memory and
 * what is stored.
 */
export function usualColumns(board: Pick<Board, 'columns'>, columns: readonly Column[]): readonly string[] {
  return [
    ...board.columns.map(({ suite, metric }) => columnId(suite, metric)),
    ...columns
      .filter(
        (column) =>
          column.kind === 'rank' ||
          ['cost.seconds', 'cost.flops', 'cost.peakMemoryBytes', 'cost.bytesStored'].includes(column.id),
      )
      .map((column) => column.id),
  ];
}

/**
 * What the Workbench is asked for: the metrics among the chosen columns; those that there is room for where none were
 * chosen.
 */
export function askedColumns(
  chosen: readonly string[] | null,
): { room: number } | { columns: { suite: string; metric: string }[] } {
  if (chosen === null) return { room: USUAL_ROOM };
  return {
    columns: chosen.flatMap((id) => {
      const [suite, metric] = id.split('~');
      return suite === undefined || metric === undefined ? [] : [{ suite, metric }];
    }),
  };
}

export function cellOf(row: LeaderboardRow, column: MetricColumn): LeaderboardCell | null {
  return row.cells.find((cell) => cell.suite === column.suite && cell.metric === column.metric) ?? null;
}

/** Another suite's columns, or another kind, begin here. */
export function startsGroup(layouts: readonly { readonly column: Column }[], i: number): boolean {
  return i > 0 && groupKey(layouts[i]?.column) !== groupKey(layouts[i - 1]?.column);
}
