import type { BoardCosts } from './costs.ts';
import { SIGNIFICANT, testFamily } from './family.ts';
import { formatCount, formatValue, unitSymbol } from './format.ts';
import type { MeasuredColumn } from './marks.ts';
import type { ColumnInfo, LeaderboardRow } from './records.ts';
import { METRICS } from './registry.ts';
import { sharedDifferences } from './samples.ts';
import { compareMeasured } from './statistics/measured.ts';

/**
 * An upper reference shows what could be reached. Where a method does better, the scale is wrong or its budget too small, and the reader has to
 * know: one sentence per suite and upper reference, by its best configuration, on the suite's headline metric, with how sure it is and what both
 * were given.
 */
export function beatenReferences(
  columns: readonly ColumnInfo[],
  measured: readonly MeasuredColumn[],
  rows: readonly LeaderboardRow[],
  costs: BoardCosts,
  factor: (df: number) => number,
): string[] {
  return columns.flatMap((column, index) => {
    const isHeadline = columns.findIndex(({ suite }) => suite === column.suite) === index;
    if (!isHeadline || column.direction === 'none') return [];
    const best = bestMethod(column, rows, index);
    if (best === null) return [];
    return bestReferences(column, rows, index).flatMap((reference) => {
      if (gain(best.mean, reference.mean, column) <= 0) return [];
      const sure = howSure(measured[index], rows, reference.row, best.row, factor);
      const budgets = [reference.row, best.row].map((at) => budget(rows[at], costs.bySuite(at), column.suite));
      return [
        sentence(
          column,
          rows[reference.row],
          rows[best.row],
          { reference: reference.mean, method: best.mean, sure },
          budgets,
        ),
      ];
    });
  });
}

interface Measured {
  readonly row: number;
  readonly mean: number;
}

/** Of each upper reference its best configuration: one that beats it beats the others too. */
function bestReferences(column: ColumnInfo, rows: readonly LeaderboardRow[], index: number): readonly Measured[] {
  const best = new Map<string, Measured>();
  rows.forEach(({ reference, method, cells }, row) => {
    const mean = cells[index].estimate?.mean;
    if (reference !== 'upper' || mean === undefined) return;
    const known = best.get(method);
    if (known === undefined || gain(mean, known.mean, column) > 0) best.set(method, { row, mean });
  });
  return [...best.values()];
}

/** Positive where `a` is better than `b`; 0 where they measured the same. */
function gain(a: number, b: number, { direction }: ColumnInfo): number {
  return compareMeasured(a, b) * (direction === 'lower' ? -1 : 1);
}

function bestMethod(column: ColumnInfo, rows: readonly LeaderboardRow[], index: number): Measured | null {
  let best: Measured | null = null;
  rows.forEach(({ reference, cells }, row) => {
    const mean = cells[index].rank === null ? undefined : cells[index].estimate?.mean;
    if (reference !== null || mean === undefined) return;
    if (best === null || gain(mean, best.mean, column) > 0) best = { row, mean };
  });
  return best;
}

/** `sure`: significant; `chance`: not; `unknown`: too few shared seeds. */
type Sureness = 'sure' | 'chance' | 'unknown';

/**
 * Of the best method against the reference, within the family of all methods against it: the best was chosen after looking. Holm's adjusted p is
 * at least the pair's own and at most that times the number of tests, which mostly decides without testing hundreds of other pairs.
 */
function howSure(
  { samples }: MeasuredColumn,
  rows: readonly LeaderboardRow[],
  reference: number,
  best: number,
  factor: (df: number) => number,
): Sureness {
  const base = samples[reference];
  const isTested = (r: number): boolean => rows[r].reference !== 'upper';
  const differences = (r: number): number[] => {
    const sample = samples[r];
    return sample === null || base === null || !isTested(r) ? [] : sharedDifferences(sample, base);
  };
  const p = testFamily([differences(best)], factor)[0]?.p ?? null;
  if (p === null) return 'unknown';
  if (p >= SIGNIFICANT) return 'chance';
  if (p * samples.length < SIGNIFICANT) return 'sure';
  const adjusted = testFamily(
    samples.map((_, r) => differences(r)),
    factor,
  )[best]?.adjustedP;
  return adjusted != null && adjusted < SIGNIFICANT ? 'sure' : 'chance';
}

function sentence(
  { suite, metric }: ColumnInfo,
  reference: LeaderboardRow,
  method: LeaderboardRow,
  found: { readonly reference: number; readonly method: number; readonly sure: Sureness },
  both: readonly string[],
): string {
  const unit = METRICS.find(({ id }) => id === metric)?.unit ?? 'number';
  const symbol = unitSymbol(unit);
  const show = (value: number): string => `${formatValue(value, unit)}${symbol === '' ? '' : ` ${symbol}`}`;
  const values = `${show(found.method)} against ${show(found.reference)}`;
  const names = `the upper reference, ${reference.name},`;
  const budgets = `Budgets: ${both.join('; ')}.`;
  if (found.sure === 'sure') return `${suite}: ${names} is beaten by ${method.name}: ${values}. ${budgets}`;
  const doubt = found.sure === 'unknown' ? 'with too few shared seeds to say how surely' : 'which can be chance';
  return `${suite}: ${method.name} measured better than ${names} ${doubt}: ${values}. ${budgets}`;
}

function budget(row: LeaderboardRow, costs: LeaderboardRow['costs'], suite: string): string {
  const cost = costs.find((one) => one.suite === suite)?.cost;
  const parts = [
    cost?.examples == null ? '' : `${formatCount(cost.examples.middle)} examples seen`,
    cost?.flops == null ? '' : `${formatCount(cost.flops.middle)}FLOP`,
  ].filter((part) => part !== '');
  return `${row.name} ${parts.length === 0 ? 'not recorded' : parts.join(' and ')}`;
}
