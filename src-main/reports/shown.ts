import type { Comparison } from '../metrics/compare.ts';
import type { ReportInput, ReportTrial } from './input.ts';
import { suiteBoards, type SuiteBoard } from './suite-boards.ts';

/** What of a study a report shows: the view that it was exported from, and what this leaves out, in words. */

/** The study's leaderboard suite by suite, as the report's view wants it. */
export function shownBoards(input: Pick<ReportInput, 'leaderboard' | 'view' | 'suites'>): SuiteBoard[] {
  const titles = new Map(input.suites.map(({ id, title }) => [id, title]));
  return suiteBoards(input.leaderboard, input.view, (suite) => titles.get(suite) ?? suite);
}

/** Trials of the rows that are shown; artefacts belong to no row and stay. */
export function shownTrials(input: Pick<ReportInput, 'leaderboard' | 'view' | 'suites' | 'trials'>): ReportTrial[] {
  const shown = new Set(shownBoards(input).flatMap(({ suite, rows }) => rows.map(({ key }) => `${suite}\n${key}`)));
  return input.trials.filter(({ role, suite, rowKey }) => role === 'artefact' || shown.has(`${suite}\n${rowKey}`));
}

/** Sentences on what the view leaves out: nothing is left out unsaid. */
export function viewSentences(input: Pick<ReportInput, 'leaderboard' | 'view' | 'suites'>): string[] {
  const boards = shownBoards(input);
  const shown = new Set(boards.flatMap(({ rows }) => rows.map(({ key }) => key)));
  const all = input.leaderboard.rows;
  const out = all.filter(({ key }) => !shown.has(key));
  const scope =
    input.view.without.length === 0
      ? 'Ranks, marks and p stay those among all.'
      : 'Ranks, marks and p are those of the methods that remain when those that need something excluded are left out.';
  const columns = boards.reduce((sum, { metrics }) => sum + metrics.length, 0);
  const measured = input.leaderboard.columns.length;
  return [
    ...(out.length === 0
      ? []
      : [
          `${all.length - out.length} of ${all.length} configurations are shown; left out: ` +
            `${out.map(({ name }) => name).join(', ')}. ${scope}`,
        ]),
    ...(columns >= measured ? [] : [`${columns} of ${measured} metrics are shown.`]),
  ];
}

/**
 * The comparisons with the pairs of rows that are shown; those that have none are left out. p stays that of all that
 * was compared.
 */
export function shownComparisons(
  input: Pick<ReportInput, 'leaderboard' | 'view' | 'suites' | 'comparisons'>,
): Comparison[] {
  const shown = new Map(shownBoards(input).map(({ suite, rows }) => [suite, new Set(rows.map(({ key }) => key))]));
  return input.comparisons.flatMap((comparison): Comparison[] => {
    const rows = shown.get(comparison.suite) ?? new Set<string>();
    const pairs = comparison.pairs.filter(({ a, b }) => rows.has(a) && rows.has(b));
    const out = comparison.pairs.length - pairs.length;
    if (pairs.length === 0) return [];
    const said = `${pairs.length} of ${comparison.pairs.length} pairs are shown: those of rows that are shown.`;
    return [{ ...comparison, pairs, warnings: out === 0 ? comparison.warnings : [said, ...comparison.warnings] }];
  });
}
