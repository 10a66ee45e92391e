import { shortened } from '../../../src-main/base/shortened.ts';
import type { Leaderboard } from '../../../src-main/workbench/contract/contract.ts';

/** What a person has to know of a board: what of the view it does not have first, then how sure its numbers are. */
export function boardNotes(
  board: Pick<Leaderboard, 'rows' | 'warnings' | 'available'>,
  ofView: readonly string[],
  suiteTitle: (id: string) => string,
): readonly string[] {
  const ids = [...new Set(board.available.map(({ suite }) => suite))];
  const warnings = board.warnings.map((warning) => withTitles(warning, ids, suiteTitle));
  return [...ofView, ...warnings, ...unmarkedNote(board, warnings)];
}

/** Why nothing is marked, once for the whole table instead of in every cell. */
function unmarkedNote({ rows }: Pick<Leaderboard, 'rows'>, warnings: readonly string[]): readonly string[] {
  if (warnings.some((warning) => warning.includes('seeds'))) return [];
  const reasons = rows
    .filter((row) => row.reference === null)
    .flatMap((row) =>
      row.cells.flatMap((cell) =>
        cell.state !== 'not-applicable' && cell.estimate !== null && cell.tiedWithBest === null && cell.why !== null
          ? [cell.why]
          : [],
      ),
    );
  const { shown, leftOut } = shortened([...new Set(reasons)], 1);
  const more =
    leftOut === 0 ? '' : ` Rest on the unmarked cells for ${leftOut} other ${leftOut === 1 ? 'reason' : 'reasons'}.`;
  return shown.map((why) => `${why}${more}`);
}

/** The Workbench names suites by id. One id may begin like another, and be part of a longer word. */
export function withTitles(text: string, ids: readonly string[], title: (id: string) => string): string {
  const longestFirst = [...ids].sort((a, b) => b.length - a.length).map((id) => id.replace(/[^\w/]/g, '\\$&'));
  return longestFirst.length === 0
    ? text
    : text.replace(new RegExp(`(?<![\\w/-])(?:${longestFirst.join('|')})(?![\\w/-])`, 'g'), title);
}
