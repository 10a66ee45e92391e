import { shortened } from '../base/shortened.ts';
import type { BoardCosts } from './costs.ts';
import { SIGNIFICANT, testFamily } from './family.ts';
import { formatCount, formatValue, unitSymbol } from './format.ts';
import type { MeasuredColumn } from './marks.ts';
import { isShownOnly, type ColumnInfo, type LeaderboardRow } from './records.ts';
import { METRICS } from './registry.ts';
import { sharedDifferences, type PairedDifferences } from './samples.ts';
import { compareMeasured } from './statistics/measured.ts';

/**
 * An upper reference shows what could be reached. Where methods do better, the scale is wrong or its budget too small,
 * and the reader has to know: one line for a board that lists, by suite, the methods that did better on the suite's
 * headline metric, with how sure that is and what both were given. Of several configurations of a reference the best is
 * the scale.
 */
export function beatenReferences(
  columns: readonly ColumnInfo[],
  measured: readonly MeasuredColumn[],
  rows: readonly LeaderboardRow[],
  costs: BoardCosts,
  factor: (df: number) => number,
): string[] {
  const found = columns.flatMap((column, index) => {
    const isHeadline = columns.findIndex(({ suite }) => suite === column.suite) === index;
    if (!isHeadline || column.direction === 'none') return [];
    return bestReferences(column, rows, index).flatMap((reference) => {
      const beaters = shortened(beatersOf(column, rows, index, reference), MOST_LISTED);
      const sure = howSure(measured[index], rows, reference.row, factor);
      const listed = beaters.shown.map((one) => ({ ...one, sure: sure(one.row) }));
      return listed.length === 0 ? [] : [{ column, reference, listed, leftOut: beaters.leftOut }];
    });
  });
  if (found.length === 0) return [];
  const sure = found.some(({ listed }) => listed.some((one) => one.sure === 'sure'));
  const title = sure ? 'The upper reference is beaten.' : 'Some methods measured better than the upper reference.';
  const suites = found.map(({ column, reference, listed, leftOut }) => {
    const name = ({ row }: Placed): string => rows[row].name;
    const given = ({ row }: Placed): string => budget(costs.bySuite(row), column.suite);
    const own = `${name(reference)}, the reference, has ${shown(reference.mean, column)} (${given(reference)})`;
    const others = listed.map((one) => `${name(one)} ${shown(one.mean, column)}${DOUBT[one.sure]} (${given(one)})`);
    const more = leftOut === 0 ? [] : [`and ${leftOut} more, which the board has`];
    return `${column.suite}: ${[own, ...others, ...more].join('; ')}.`;
  });
  return [`${title} ${suites.join(' ')}`];
}

/** As many methods a suite's part of the line names; the board has all. */
const MOST_LISTED = 8;

interface Placed {
  readonly row: number;
  readonly mean: number;
}

/** Positive where `a` is better than `b`; 0 where they measured the same. */
function gain(a: number, b: number, { direction }: ColumnInfo): number {
  return compareMeasured(a, b) * (direction === 'lower' ? -1 : 1);
}

/** The best configuration of each upper reference. */
function bestReferences(column: ColumnInfo, rows: readonly LeaderboardRow[], index: number): readonly Placed[] {
  const best = new Map<string, Placed>();
  rows.forEach(({ method, reference, imported, cells }, row) => {
    const mean = cells[index].estimate?.mean;
    if (reference !== 'upper' || mean === undefined || isShownOnly(imported)) return;
    const known = best.get(method);
    if (known === undefined || gain(mean, known.mean, column) > 0) best.set(method, { row, mean });
  });
  return [...best.values()];
}

/** The ranked methods that did better, the best first. */
function beatersOf(
  column: ColumnInfo,
  rows: readonly LeaderboardRow[],
  index: number,
  reference: Placed,
): readonly Placed[] {
  return rows
    .flatMap(({ reference: isReference, cells }, row) => {
      const mean = cells[index].rank === null ? undefined : cells[index].estimate?.mean;
      const better = isReference === null && mean !== undefined && gain(mean, reference.mean, column) > 0;
      return better ? [{ row, mean }] : [];
    })
    .sort((a, b) => gain(b.mean, a.mean, column));
}

/** `sure`: significant; `chance`: not; `unknown`: too few shared seeds. */
type Sureness = 'sure' | 'chance' | 'unknown';

const DOUBT: Readonly<Record<Sureness, string>> = {
  sure: '',
  chance: ', which can be chance',
  unknown: ', too few shared seeds to say how surely',
};

/**
 * Of a method against the reference, within the family of all methods against it: those that did better were chosen
 * after looking. Holm's adjusted p is at least the pair's own and at most that times the number of tests, which mostly
 * decides without testing hundreds of other pairs.
 */
function howSure(
  { samples }: MeasuredColumn,
  rows: readonly LeaderboardRow[],
  reference: number,
  factor: (df: number) => number,
): (row: number) => Sureness {
  const base = samples[reference];
  const differences = (r: number): PairedDifferences | null => {
    const sample = samples[r];
    const isOutside = rows[r].reference === 'upper' || isShownOnly(rows[r].imported);
    return sample === null || base === null || isOutside ? null : sharedDifferences(sample, base);
  };
  let family: ReturnType<typeof testFamily> | null = null;
  return (row) => {
    const p = testFamily([differences(row)], factor)[0]?.p ?? null;
    if (p === null) return 'unknown';
    if (p >= SIGNIFICANT) return 'chance';
    if (p * samples.length < SIGNIFICANT) return 'sure';
    family ??= testFamily(
      samples.map((_, r) => differences(r)),
      factor,
    );
    const adjusted = family[row]?.adjustedP;
    return adjusted != null && adjusted < SIGNIFICANT ? 'sure' : 'chance';
  };
}

function shown(value: number, { metric }: ColumnInfo): string {
  const unit = METRICS.find(({ id }) => id === metric)?.unit ?? 'number';
  const symbol = unitSymbol(unit);
  return `${formatValue(value, unit)}${symbol === '' ? '' : ` ${symbol}`}`;
}

/** What a row was given on a suite: what it saw, and what it computed. */
function budget(costs: LeaderboardRow['costs'], suite: string): string {
  const cost = costs.find((one) => one.suite === suite)?.cost;
  const parts = [
    cost?.examples == null ? '' : `${formatCount(cost.examples.middle)} examples seen`,
    // A native learner's are not counted.
    cost?.flops == null || cost.flops.middle === 0 ? '' : `${formatCount(cost.flops.middle)}FLOP`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'budget not recorded' : parts.join(' and ');
}
