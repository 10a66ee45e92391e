import type { ColumnInfo, Delta, LeaderboardCell, RowInfo } from './records.ts';
import { sharedDifferences, type Sample } from './samples.ts';
import { MINIMUM_SEEDS_FOR_TEST } from './statistics/estimates.ts';
import { holm, pairedT } from './statistics/paired.ts';
import { averageRanks } from './statistics/ranks.ts';

/** What a column holds, row by row. */
export interface MeasuredColumn {
  readonly cells: LeaderboardCell[];
  readonly samples: (Sample | null)[];
}

/** An upper bound that sees every task at once is a scale, not a competitor: it is shown but not ranked. */
export function isRanked(row: RowInfo): boolean {
  return !(row.reference === 'upper' && row.needs['allTasksAtOnce'] === true);
}

export function rankColumn(
  column: ColumnInfo,
  { cells, samples }: MeasuredColumn,
  ranked: readonly boolean[],
  factor: (df: number) => number,
): void {
  if (column.direction === 'none') return;
  const sign = column.direction === 'higher' ? -1 : 1;
  const competitors: Competitor[] = [];
  cells.forEach((cell, r) => {
    const sample = samples[r] ?? null;
    if (cell.estimate === null || sample === null) return;
    if (ranked[r]) competitors.push({ cell, sample, mean: cell.estimate.mean });
    else cell.why ??= 'An upper bound that sees all tasks at once: shown for scale, not ranked.';
  });
  const ranks = averageRanks(competitors.map((one) => sign * one.mean));
  competitors.forEach(({ cell }, i) => (cell.rank = ranks[i] ?? null));
  const smallest = Math.min(...ranks);
  const best = competitors.find(({ cell }) => cell.rank === smallest);
  if (best === undefined) return;
  for (const { cell } of competitors) cell.best = cell.rank === smallest;
  markTies(best, competitors, factor);
}

interface Competitor {
  readonly cell: LeaderboardCell;
  readonly sample: Sample;
  readonly mean: number;
}

/** Every other method against the best, paired by seed, Holm over the column. */
function markTies(
  { cell: best, sample: bestSample }: Competitor,
  competitors: readonly Competitor[],
  factor: (df: number) => number,
): void {
  const tested: { cell: LeaderboardCell; p: number }[] = [];
  for (const { cell, sample } of competitors) {
    if (cell === best) continue;
    const differences = sharedDifferences(sample, bestSample);
    const test = differences.length === 0 ? null : pairedT(differences, factor);
    if (test?.p == null || test.n < MINIMUM_SEEDS_FOR_TEST) cell.why = tooFewSeeds(differences.length, 'the best');
    else tested.push({ cell, p: test.p });
  }
  const adjusted = holm(tested.map(({ p }) => p));
  tested.forEach(({ cell }, i) => (cell.tiedWithBest = (adjusted[i] ?? 1) >= 0.05));
  if (competitors.length === 1) best.why = 'Nothing to compare with.';
  else if (bestSample.n < MINIMUM_SEEDS_FOR_TEST) best.why = tooFewSeeds(bestSample.n, null);
  else if (tested.length > 0) best.tiedWithBest = true;
}

/** The words that stand in place of a mark of significance. */
export function tooFewSeeds(n: number, other: string | null): string {
  const seeds = n === 1 ? '1 seed' : `${n} seeds`;
  return `${other === null ? `Only ${seeds}` : `Only ${seeds} shared with ${other}`}: a test needs at least ${MINIMUM_SEEDS_FOR_TEST}, because with fewer the interval of a difference is mostly luck.`;
}

export function difference(sample: Sample | null, baseline: Sample, factor: (df: number) => number): Delta | null {
  if (sample === null) return null;
  const differences = sharedDifferences(sample, baseline);
  if (differences.length === 0) return null;
  const test = pairedT(differences, factor);
  return {
    mean: test.mean,
    low: test.low,
    high: test.high,
    p: test.n < MINIMUM_SEEDS_FOR_TEST ? null : test.p,
    n: test.n,
  };
}
