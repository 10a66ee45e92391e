import { hasLost, lostSentence } from './board/lost.ts';
import { judgementOf, SIGNIFICANT, testFamily, tooFewSeeds } from './family.ts';
import type { ColumnInfo, LeaderboardCell, RowInfo } from './records.ts';
import { sharedDifferences, type Sample } from './samples.ts';
import { isEnoughForTest } from './statistics/estimates.ts';
import { averageRanks } from './statistics/ranks.ts';

/**
 * Ranks and marks of a column: one family of tests over all configurations that were run and are ranked, whatever a
 * view shows of them.
 */

/** What a column holds, row by row. */
export interface MeasuredColumn {
  readonly cells: LeaderboardCell[];
  readonly samples: (Sample | null)[];
}

/** An upper reference that sees every task at once is a scale, not a competitor: it is shown but not ranked. */
export function isUpperScale(row: Pick<RowInfo, 'reference' | 'asks'>): boolean {
  return row.reference === 'upper' && row.asks.includes('all-tasks');
}

interface Competitor {
  readonly cell: LeaderboardCell;
  readonly sample: Sample;
}

/** Ranks and marks of one column. `unranked`: by row, the sentence why it is shown without a rank, or null. */
export function rankColumn(
  column: ColumnInfo,
  { cells, samples }: MeasuredColumn,
  unranked: readonly (string | null)[],
  factor: (df: number) => number,
): void {
  if (column.direction === 'none') return;
  const sign = column.direction === 'higher' ? -1 : 1;
  const competitors: Competitor[] = [];
  const means: number[] = [];
  cells.forEach((cell, r) => {
    const sample = samples[r] ?? null;
    if (cell.estimate === null || sample === null) return;
    // A mean over the seeds that did not diverge is one of survivors.
    const why = unranked[r] ?? lostSentence(cell);
    if (why !== null) {
      cell.why ??= why;
      return;
    }
    competitors.push({ cell, sample });
    means.push(sign * cell.estimate.mean);
  });
  averageRanks(means).forEach((rank, i) => (competitors[i].cell.rank = rank));
  const leader = chooseLeader(competitors);
  if (leader === undefined) return;
  const able = canBeTested(leader);
  for (const one of competitors) one.cell.best = one.cell.rank === leader.cell.rank && (!able || canBeTested(one));
  markTies(leader, competitors, factor);
}

const canBeTested = ({ sample }: Competitor): boolean => isEnoughForTest(sample.n, sample.folds);

/**
 * The one that all are tested against: the best mean of those that share five seeds with another. A single run with a
 * lucky seed, or with seeds that nobody else has, must not switch off all marks of a board. Where nothing can be
 * tested, the best mean.
 */
function chooseLeader(competitors: readonly Competitor[]): Competitor | undefined {
  const able = competitors.filter(canBeTested);
  const first = bestOf(able);
  if (first === undefined) return bestOf(competitors);
  const shares = (one: Competitor): boolean =>
    able.some((other) => {
      if (other === one) return false;
      const { values, folds } = sharedDifferences(other.sample, one.sample);
      return isEnoughForTest(values.length, folds);
    });
  return shares(first) ? first : (bestOf(able.filter(shares)) ?? first);
}

/** The first of those with the smallest rank. */
function bestOf(competitors: readonly Competitor[]): Competitor | undefined {
  let best: Competitor | undefined;
  for (const one of competitors) if (best === undefined || (one.cell.rank ?? 0) < (best.cell.rank ?? 0)) best = one;
  return best;
}

/** Every other method against the leader, paired by seed, Holm over the column. */
function markTies(leader: Competitor, competitors: readonly Competitor[], factor: (df: number) => number): void {
  const others = competitors.filter((one) => one !== leader);
  const tests = testFamily(
    others.map(({ sample }) => sharedDifferences(sample, leader.sample)),
    factor,
  );
  let tested = 0;
  others.forEach(({ cell }, i) => {
    const test = tests[i];
    cell.p = test?.adjustedP ?? null;
    if (cell.p === null) cell.why = tooFewSeeds(test?.n ?? 0, 'the best', leader.sample.folds);
    else {
      cell.tiedWithBest = cell.p >= SIGNIFICANT;
      tested++;
    }
  });
  if (competitors.length === 1) leader.cell.why = 'Nothing to compare with.';
  else if (!canBeTested(leader)) leader.cell.why = tooFewSeeds(leader.sample.n, null, leader.sample.folds);
  else if (tested > 0) leader.cell.tiedWithBest = true;
  else
    leader.cell.why =
      leader.sample.folds === 1
        ? 'No other method shares five seeds with it.'
        : 'No other method shares ten pairs of seed and fold with it.';
}

/**
 * Differences of a column to its baseline, row by row: one family over all ranked configurations, whatever is shown of
 * them.
 */
export function markDifferences(
  column: ColumnInfo,
  { cells, samples }: MeasuredColumn,
  baseline: number,
  unranked: readonly (string | null)[],
  factor: (df: number) => number,
): void {
  const base = samples[baseline] ?? null;
  if (base === null) return;
  const differences = samples.map((sample, r) =>
    sample === null || r === baseline ? null : sharedDifferences(sample, base),
  );
  const isCompetitor = (r: number): boolean => unranked[r] === null && !hasLost(cells[r]);
  // Rows that are no competitors have their difference, but no part in the family of tests.
  const family = testFamily(
    differences.map((list, r) => (isCompetitor(r) ? list : null)),
    factor,
  );
  const alone = testFamily(
    differences.map((list, r) => (isCompetitor(r) ? null : list)),
    factor,
  );
  cells.forEach((cell, r) => {
    const test = family[r] ?? alone[r];
    if (test == null) return;
    const p = family[r]?.adjustedP ?? null;
    const { mean, low, high, n } = test;
    cell.delta = { mean, low, high, n, p, judgement: judgementOf(mean, p, column.direction) };
  });
}
