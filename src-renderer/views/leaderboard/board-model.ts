import { columnDecimals, shownScale, unitSymbol } from '../../../src-main/metrics/format.ts';
import type { Leaderboard, LeaderboardCell, LeaderboardRow, MetricInfo } from '../../../src-main/workbench/contract.ts';
import { columnUnit, costDecimals, fixed, probability, signed, uncertainty, type Unit } from '../../charts/numbers.ts';
import { judge, type Judgement } from '../../charts/options/forest.ts';
import type { RowOrder, Sort } from './board-state.ts';

interface Spread {
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
}

export type CostKey = keyof LeaderboardRow['cost'];

export interface MetricColumn {
  readonly kind: 'metric';
  readonly id: string;
  readonly suite: string;
  readonly metric: string;
  readonly title: string;
  readonly unit: Unit;
  readonly direction: MetricInfo['direction'];
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

const COSTS: readonly Omit<CostColumn, 'kind' | 'id' | 'direction'>[] = [
  {
    cost: 'seconds',
    title: 'Time',
    unit: 'seconds',
    formula: 'Mean wall-clock seconds of a trial on this machine; other workers may have run beside it.',
  },
  {
    cost: 'flops',
    title: 'Compute',
    unit: 'flop',
    formula:
      'Mean floating-point operations of a trial, counted from the recorded steps; does not depend on what else ran.',
  },
  {
    cost: 'peakMemoryBytes',
    title: 'Peak memory',
    unit: 'bytes',
    formula: 'Mean largest resident memory of the worker.',
  },
  {
    cost: 'bytesStored',
    title: 'Stored',
    unit: 'bytes',
    formula: 'Bytes a method keeps between tasks: replayed examples, importances, old nets.',
  },
  {
    cost: 'examples',
    title: 'Examples seen',
    unit: 'count',
    formula: 'Training examples processed, replayed ones included.',
  },
  { cost: 'parameters', title: 'Parameters', unit: 'count', formula: 'Trainable parameters of the final predictor.' },
];

const columnId = (suite: string, metric: string): string => `${suite}~${metric}`;

/** Every column there is, in the order of the suites and then the costs. */
export function allColumns(board: Leaderboard, metrics: ReadonlyMap<string, MetricInfo>): readonly Column[] {
  const measured = board.available.map(({ suite, metric }): MetricColumn => {
    const info = metrics.get(metric);
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
    ...COSTS.map((cost): CostColumn => ({ kind: 'cost', id: `cost.${cost.cost}`, direction: 'lower', ...cost })),
  ];
}

/** Columns that a leaderboard begins with: every suite's headline and as many further metrics as this leaves room for. */
export const USUAL_ROOM = 6;

/** The usual columns: the metrics that the Workbench sent when asked for no particular ones, time, compute, memory and what is stored. */
export function usualColumns(board: Pick<Leaderboard, 'columns'>, columns: readonly Column[]): readonly string[] {
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

/** What the Workbench is asked for: the metrics among the chosen columns; those that there is room for where none were chosen. */
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

/** Rows in their places: reference ends apart and always there, pinned rows first, the rest sorted; better first unless asked otherwise. */
export function arrange(board: Leaderboard, order: RowOrder, columns: readonly Column[]): Arranged {
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
        (a, b) => (order.sort?.descending === true ? -1 : 1) * rowName(a).localeCompare(rowName(b)),
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

/** A configuration's name: the method's title and, where it is told apart, its label. */
export function rowName(row: { readonly title: string; readonly label: string }): string {
  return nameParts(row).join('');
}

/** The title, and what tells rows of the same title apart, which has to stay in sight where there is no room for both. */
export function nameParts({
  title,
  label,
}: {
  readonly title: string;
  readonly label: string;
}): readonly [title: string, own: string] {
  return label === '' || label === title
    ? [title, '']
    : label.startsWith(title)
      ? [title, label.slice(title.length)]
      : [title, `, ${label}`];
}

export interface ColumnLayout {
  readonly column: Column;
  readonly decimals: number;
  /** What stands in the header: `%`, `GFLOP`. */
  readonly unit: string;
  readonly divisor: number;
  /** Characters of the widest uncertainty, so that decimal points line up. */
  readonly spreadWidth: number;
  /** Range of the little intervals under the numbers; null when there are none. */
  readonly range: readonly [number, number] | null;
}

/** Another suite's columns, or another kind, begin here. */
export function startsGroup(layouts: readonly ColumnLayout[], i: number): boolean {
  return i > 0 && groupKey(layouts[i]?.column) !== groupKey(layouts[i - 1]?.column);
}

/** One format per column: decimals by its median uncertainty, units by its middle. */
export function layOut(column: Column, rows: readonly LeaderboardRow[], delta: boolean): ColumnLayout {
  if (column.kind === 'rank') return { column, decimals: 1, unit: '', divisor: 1, spreadWidth: 0, range: null };
  if (column.kind === 'cost') {
    const values = rows.flatMap((row) => row.cost[column.cost] ?? []);
    const unit = columnUnit(values, column.unit);
    return {
      column,
      decimals: costDecimals(values, unit),
      unit: unit.label,
      divisor: unit.divisor,
      spreadWidth: 0,
      range: null,
    };
  }
  const cells = rows.flatMap((row) => cellOf(row, column) ?? []);
  const spreadOf = (cell: LeaderboardCell): Spread | null => (delta ? cell.delta : cell.estimate);
  const spreads = cells.flatMap((cell) => spreadOf(cell) ?? []);
  const decimals = columnDecimals(spreads, column.unit);
  const scale = shownScale(column.unit);
  const widths = spreads.map((spread) =>
    spread.low === null || spread.high === null
      ? 0
      : uncertainty(((spread.high - spread.low) / 2) * scale, decimals).length,
  );
  const contenders = rows
    .filter((row) => row.reference === null)
    .flatMap((row) => cellOf(row, column) ?? [])
    .flatMap((cell) => spreadOf(cell) ?? []);
  const ends = contenders.flatMap((spread) => [spread.mean, spread.low ?? spread.mean, spread.high ?? spread.mean]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  return {
    column,
    decimals,
    unit: unitSymbol(column.unit),
    divisor: 1 / scale,
    spreadWidth: Math.max(0, ...widths),
    range: ends.length > 1 && high > low ? (delta ? [Math.min(low, 0), Math.max(high, 0)] : [low, high]) : null,
  };
}

export interface CellView {
  readonly state: LeaderboardCell['state'] | 'baseline';
  readonly main: string;
  readonly spread: string;
  readonly n: string;
  /** Fewer seeds than asked for. */
  readonly short: boolean;
  readonly tone: Judgement | 'plain';
  readonly mark: 'best' | 'tied' | null;
  readonly rank: string;
  readonly whisker: {
    readonly low: number;
    readonly high: number;
    readonly at: number;
    readonly zero: number | null;
  } | null;
  readonly claim: {
    readonly text: string;
    readonly verdict: 'reproduced' | 'off' | 'not comparable' | 'not run';
  } | null;
}

const EMPTY: CellView = {
  state: 'missing',
  main: '–',
  spread: '',
  n: '',
  short: false,
  tone: 'plain',
  mark: null,
  rank: '',
  whisker: null,
  claim: null,
};

/** How one measured cell is written. In delta mode (a baseline is chosen) it is the paired difference, coloured by better or worse. */
export function viewCell(
  cell: LeaderboardCell | null,
  layout: ColumnLayout,
  options: { readonly delta: boolean; readonly isBaseline: boolean },
): CellView {
  const { column } = layout;
  if (cell === null || column.kind !== 'metric') return EMPTY;
  const scale = shownScale(column.unit);
  const claim =
    cell.claim === null
      ? null
      : {
          text: `${fixed(cell.claim.published.value * scale, layout.decimals)}${cell.claim.published.spread === null ? '' : ` ± ${uncertainty(cell.claim.published.spread * scale, layout.decimals)}`}`,
          verdict: cell.claim.verdict,
        };
  const { estimate } = cell;
  const short = cell.finished < cell.expected;
  const count = short ? `${cell.finished}/${cell.expected}` : `${estimate?.n ?? 0}`;
  if (estimate === null) {
    const words = {
      missing: '–',
      running: `${cell.finished}/${cell.expected}`,
      failed: 'failed',
      'not-applicable': 'n/a',
      done: '–',
      partial: '–',
    } as const;
    return { ...EMPTY, state: cell.state, main: words[cell.state], claim };
  }
  const delta = options.delta && !options.isBaseline;
  const spread = delta ? cell.delta : estimate;
  if (spread === null) return { ...EMPTY, state: cell.state, main: 'no pairs', claim };
  const half = spread.low === null || spread.high === null ? null : ((spread.high - spread.low) / 2) * scale;
  const write = delta ? signed : fixed;
  const place = (value: number) =>
    layout.range === null
      ? 0
      : Math.min(1, Math.max(0, (value - layout.range[0]) / (layout.range[1] - layout.range[0])));
  const inside = layout.range !== null && spread.mean >= layout.range[0] && spread.mean <= layout.range[1];
  return {
    state: options.delta && options.isBaseline ? 'baseline' : cell.state,
    main: write(spread.mean * scale, layout.decimals),
    spread: half === null ? '' : uncertainty(half, layout.decimals),
    n: delta ? `${spread.n}` : count,
    short,
    tone: delta ? judge(spread, column.direction) : 'plain',
    mark: cell.best ? 'best' : cell.tiedWithBest === true ? 'tied' : null,
    rank: cell.rank === null ? '' : fixed(cell.rank, Number.isInteger(cell.rank) ? 0 : 1),
    whisker:
      inside && !(options.delta && options.isBaseline)
        ? {
            low: place(spread.low ?? spread.mean),
            high: place(spread.high ?? spread.mean),
            at: place(spread.mean),
            zero: delta ? place(0) : null,
          }
        : null,
    claim,
  };
}

/** Costs and ranks in their column's unit. */
export function viewPlain(row: LeaderboardRow, layout: ColumnLayout): string {
  const { column } = layout;
  const value = column.kind === 'rank' ? row.meanRank : column.kind === 'cost' ? row.cost[column.cost] : null;
  return value === null ? '–' : fixed(value / layout.divisor, value === 0 ? 0 : layout.decimals);
}

export interface Explained {
  readonly label: string;
  readonly value: string;
}

/** Everything about a cell in words, for its card and for screen readers. */
export function explainCell(
  cell: LeaderboardCell | null,
  column: MetricColumn,
  reason: string | null,
): { readonly lines: readonly Explained[]; readonly sentence: string } {
  if (cell === null)
    return { lines: [], sentence: 'Not run: this study has no trial of this configuration on this suite.' };
  const scale = shownScale(column.unit);
  const unit = unitSymbol(column.unit);
  const show = (value: number, places = 3) => `${fixed(value * scale, places)}${unit === '' ? '' : ` ${unit}`}`;
  const { estimate, delta, claim } = cell;
  const lines: Explained[] = [];
  if (estimate !== null) {
    lines.push({ label: 'mean', value: show(estimate.mean) });
    lines.push({
      label: '95 % interval',
      value:
        estimate.low === null || estimate.high === null
          ? 'needs two seeds'
          : `${fixed(estimate.low * scale, 3)} to ${show(estimate.high)}`,
    });
    if (estimate.deviation !== null) lines.push({ label: 'deviation over seeds', value: show(estimate.deviation) });
    lines.push({
      label: 'seeds',
      value: `${estimate.n}${cell.expected > 0 ? ` of ${cell.expected}` : ''}${cell.failed > 0 ? `, ${cell.failed} failed` : ''}`,
    });
  }
  if (cell.rank !== null) lines.push({ label: 'rank', value: String(cell.rank) });
  if (delta !== null) {
    lines.push({
      label: 'to the baseline, paired',
      value: `${signed(delta.mean * scale, 3)}${delta.low === null || delta.high === null ? '' : ` (${signed(delta.low * scale, 3)} to ${signed(delta.high * scale, 3)})`}`,
    });
    lines.push({ label: 'p', value: `${probability(delta.p)}, ${delta.n} pairs` });
  }
  if (claim !== null) {
    lines.push({
      label: 'published',
      value: `${show(claim.published.value, 2)}${claim.published.spread === null ? '' : ` ± ${fixed(claim.published.spread * scale, 2)}`}${claim.published.n === null ? '' : `, n ${claim.published.n}`}`,
    });
    lines.push({ label: 'verdict', value: claim.verdict });
    lines.push({ label: 'source', value: claim.published.source });
    if (claim.note !== '') lines.push({ label: 'note', value: claim.note });
  }
  return { lines, sentence: stateSentence(cell, reason) };
}

function stateSentence(cell: LeaderboardCell, reason: string | null): string {
  switch (cell.state) {
    case 'missing':
      return 'Not run: no trial of this configuration on this suite yet.';
    case 'running':
      return `Running: ${cell.finished} of ${cell.expected} seeds are finished.`;
    case 'failed':
      return `All ${cell.failed} trials failed. Expand the row to open one and read why.`;
    case 'not-applicable':
      return reason ?? cell.why ?? 'This method does not fit this suite.';
    case 'partial':
      return `${cell.finished} of ${cell.expected} seeds${cell.failed > 0 ? `, ${cell.failed} failed` : ''}: the mean covers only those.`;
    case 'done':
      return cell.best
        ? 'The best mean of this column.'
        : cell.tiedWithBest === true
          ? 'Not significantly worse than the best.'
          : (cell.why ?? (cell.tiedWithBest === false ? 'Significantly worse than the best.' : ''));
  }
}
