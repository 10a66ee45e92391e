import { countText } from '../../base/places.ts';
import type { Verdict } from '../claims/verdicts.ts';
import { cellOf, type Column } from './columns.ts';
import { hasLost, lostText } from './lost.ts';
import { NOT_COUNTED } from '../cost-definitions.ts';
import { columnDecimals, markOf, MISSING, shownScale, unitSymbol } from '../format.ts';
import type { Judgement, LeaderboardCell, LeaderboardRow } from '../records.ts';
import { columnUnit, costDecimals, fixed, signed, uncertainty } from './numbers.ts';

/**
 * How the cells of a leaderboard are written: one way for the screen, what is copied from it and reports. Runs in a
 * browser.
 */

interface Spread {
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
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
  /** `2 of 5 diverged`; empty where none did. */
  readonly lost: string;
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
    readonly verdict: Verdict;
  } | null;
}

const EMPTY: CellView = {
  state: 'missing',
  main: MISSING,
  spread: '',
  n: '',
  short: false,
  lost: '',
  tone: 'plain',
  mark: null,
  rank: '',
  whisker: null,
  claim: null,
};

/**
 * How one measured cell is written. In delta mode (a baseline is chosen) it is the paired difference, coloured by
 * better or worse.
 */
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
  const count = short ? `${cell.finished}/${cell.expected}` : estimate === null ? '0' : countText(estimate);
  if (estimate === null) {
    const words = {
      missing: MISSING,
      running: `${cell.finished}/${cell.expected}`,
      diverged: 'diverged',
      'not-possible': 'not possible',
      failed: 'failed',
      superseded: 'older',
      'not-applicable': 'n/a',
      done: MISSING,
      partial: MISSING,
    } as const satisfies Record<LeaderboardCell['state'], string>;
    // The word says how they ended, and the count how many; both kinds together need words of their own.
    const lost = cell.diverged > 0 && cell.notPossible > 0 ? lostText(cell) : '';
    const hasEnded = cell.state === 'diverged' || cell.state === 'not-possible' || cell.state === 'failed';
    const n = hasEnded && short ? count : '';
    return { ...EMPTY, state: cell.state, main: words[cell.state], n, short: n !== '', lost, claim };
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
    lost: lostText(cell),
    tone: delta && cell.delta !== null && !hasLost(cell) ? cell.delta.judgement : 'plain',
    mark: markOf(cell),
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
  if (value !== null) return fixed(value / layout.divisor, value === 0 ? 0 : layout.decimals);
  return column.kind === 'cost' && row.cells.some(({ finished }) => finished > 0) ? NOT_COUNTED : MISSING;
}
