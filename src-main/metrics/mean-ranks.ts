import { joinedAtMost } from '../base/shortened.ts';
import type { ColumnInfo, LeaderboardRow } from './records.ts';
import { mean } from './statistics/estimates.ts';

/** Names in one sentence, at most; the number of the others follows. */
const MOST_NAMED = 3;

/**
 * Mean over the suites' headline columns. Rows compare with one another where they share a suite, directly or through
 * other rows; one that lacks a suite where others of these were measured gets none: averages over different suites do
 * not compare.
 */
export function meanRanks(rows: readonly LeaderboardRow[], columns: readonly ColumnInfo[], warnings: string[]): void {
  const headlines = new Map<string, number>();
  // What was tried for a choice of settings is no second suite beside the one that they were chosen for.
  const isTriedApart = columns.some(({ isTrial }) => isTrial !== true);
  columns.forEach(({ suite, direction, isTrial }, index) => {
    if (isTriedApart && isTrial === true) return;
    if (!headlines.has(suite) && direction !== 'none') headlines.set(suite, index);
  });
  const ranked = rows.map((row) => [...headlines.values()].filter((index) => row.cells[index]?.rank != null));
  const groups = connected(ranked);
  const left: string[] = [];
  rows.forEach((row, r) => {
    const indices = groups.find((group) => group.has(ranked[r]?.[0] ?? Number.NaN)) ?? new Set();
    const ranks = [...indices].flatMap((index) => row.cells[index]?.rank ?? []);
    if (ranks.length > 0 && ranks.length === indices.size) row.meanRank = mean(ranks);
    else if (ranks.length > 0) left.push(`${row.name} (${ranks.length} of ${indices.size} suites)`);
  });
  if (left.length > 0)
    warnings.push(
      `No mean rank for ${joinedAtMost(left, MOST_NAMED, ', ')}: a mean over fewer suites would not compare.`,
    );
}

/** The columns that hang together: two are in one group where a row has both, or others lead from one to the other. */
function connected(rows: readonly (readonly number[])[]): readonly ReadonlySet<number>[] {
  let groups: Set<number>[] = [];
  for (const row of rows) {
    if (row.length === 0) continue;
    const touched = groups.filter((group) => row.some((index) => group.has(index)));
    groups = [
      ...groups.filter((group) => !touched.includes(group)),
      new Set([...touched.flatMap((group) => [...group]), ...row]),
    ];
  }
  return groups;
}
