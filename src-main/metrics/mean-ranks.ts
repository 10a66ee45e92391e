import type { ColumnInfo, LeaderboardRow } from './records.ts';
import { mean } from './statistics/estimates.ts';

/** Mean over the suites' headline columns. A row that lacks a suite where others of its family were measured gets none: averages over different suites do not compare. */
export function meanRanks(rows: readonly LeaderboardRow[], columns: readonly ColumnInfo[], warnings: string[]): void {
  const headlines = new Map<string, number>();
  columns.forEach(({ suite, direction }, index) => {
    if (!headlines.has(suite) && direction !== 'none') headlines.set(suite, index);
  });
  const suitesOf = new Map<string, number[]>();
  for (const row of rows) {
    const known = suitesOf.get(row.family) ?? [];
    for (const index of headlines.values())
      if (row.cells[index]?.rank != null && !known.includes(index)) known.push(index);
    suitesOf.set(row.family, known);
  }
  const left: string[] = [];
  for (const row of rows) {
    const indices = suitesOf.get(row.family) ?? [];
    const ranks = indices.flatMap((index) => row.cells[index]?.rank ?? []);
    if (ranks.length > 0 && ranks.length === indices.length) row.meanRank = mean(ranks);
    else if (ranks.length > 0) left.push(`${row.name} (${ranks.length} of ${indices.length} suites)`);
  }
  if (left.length > 0)
    warnings.push(`No mean rank for ${left.join(', ')}: a mean over fewer suites would not compare.`);
}
