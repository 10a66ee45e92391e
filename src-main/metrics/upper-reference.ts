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
 * know: one sentence per suite and upper reference, on the suite's headline metric, with how sure it is and what both were given.
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
    return rows.flatMap((row, r) => {
      const reference = row.cells[index].estimate;
      if (row.reference !== 'upper' || reference === null) return [];
      if (gain(best.mean, reference.mean, column) <= 0) return [];
      const p = adjustedP(measured[index], rows, r, best.row, factor);
      const budgets = [r, best.row].map((at) => budget(rows[at], costs.bySuite(at), column.suite));
      return [sentence(column, row, rows[best.row], { reference: reference.mean, method: best.mean, p }, budgets)];
    });
  });
}

/** Positive where `a` is better than `b`; 0 where they measured the same. */
function gain(a: number, b: number, { direction }: ColumnInfo): number {
  return compareMeasured(a, b) * (direction === 'lower' ? -1 : 1);
}

function bestMethod(
  column: ColumnInfo,
  rows: readonly LeaderboardRow[],
  index: number,
): { readonly row: number; readonly mean: number } | null {
  let best: { row: number; mean: number } | null = null;
  rows.forEach(({ reference, cells }, row) => {
    const mean = cells[index].rank === null ? undefined : cells[index].estimate?.mean;
    if (reference !== null || mean === undefined) return;
    if (best === null || gain(mean, best.mean, column) > 0) best = { row, mean };
  });
  return best;
}

/** Of the best method against the reference, within the family of all methods against it: the best was chosen after looking. */
function adjustedP(
  { samples }: MeasuredColumn,
  rows: readonly LeaderboardRow[],
  reference: number,
  best: number,
  factor: (df: number) => number,
): number | null {
  const base = samples[reference];
  const lists = samples.map((sample, r) =>
    sample === null || base === null || rows[r].reference === 'upper' ? [] : sharedDifferences(sample, base),
  );
  return testFamily(lists, factor)[best]?.adjustedP ?? null;
}

function sentence(
  { suite, metric }: ColumnInfo,
  reference: LeaderboardRow,
  method: LeaderboardRow,
  found: { readonly reference: number; readonly method: number; readonly p: number | null },
  both: readonly string[],
): string {
  const unit = METRICS.find(({ id }) => id === metric)?.unit ?? 'number';
  const symbol = unitSymbol(unit);
  const show = (value: number): string => `${formatValue(value, unit)}${symbol === '' ? '' : ` ${symbol}`}`;
  const values = `${show(found.method)} against ${show(found.reference)}`;
  const names = `the upper reference, ${reference.name},`;
  const budgets = `Budgets: ${both.join('; ')}.`;
  if (found.p !== null && found.p < SIGNIFICANT)
    return `${suite}: ${names} is beaten by ${method.name}: ${values}. ${budgets}`;
  const doubt = found.p === null ? 'with too few shared seeds to say how surely' : 'which can be chance';
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
