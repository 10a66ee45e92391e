import type { LeaderboardRow } from '../records.ts';

/**
 * What a row is beside its numbers, in a word for its name and a sentence for who asks. One way for the screen, files
 * and the command line.
 */
export interface RowMark {
  readonly word: string;
  /** For a badge, where the word is too long. */
  readonly short: string;
  readonly sentence: string;
  /** Has it no rank for that? */
  readonly unranked: boolean;
}

/** Where a row comes from that was not computed here, or not by this version; empty for all others. */
export function rowMarks({
  imported,
  superseded,
}: Pick<LeaderboardRow, 'imported' | 'superseded'>): readonly RowMark[] {
  const marks: RowMark[] = [];
  if (imported !== null) {
    const from = `Imported from “${imported.name}”: measured elsewhere`;
    const unchecked = 'the file does not hold what its ids or metrics are computed from, so it is shown and not ranked';
    if (imported.checked && imported.hereAs !== null)
      marks.push({
        word: 'imported, here already',
        short: 'here already',
        sentence: `${from}; these results are here already, as ${imported.hereAs}, so it is shown and not ranked.`,
        unranked: true,
      });
    else
      marks.push(
        imported.checked
          ? {
              word: 'imported',
              short: 'imported',
              sentence: `${from}; ids and metrics were computed again here.`,
              unranked: false,
            }
          : { word: 'imported, not checked', short: 'not checked', sentence: `${from}; ${unchecked}.`, unranked: true },
      );
  }
  if (superseded !== null)
    marks.push({
      word: 'earlier version',
      short: 'earlier version',
      sentence: `Measured with an earlier version: ${superseded}.`,
      unranked: false,
    });
  return marks;
}

/** The words of a row's marks that its name does not say already. */
export const markWords = (row: Pick<LeaderboardRow, 'name' | 'imported' | 'superseded'>): readonly string[] =>
  rowMarks(row)
    .filter(({ short }) => !row.name.includes(short))
    .map(({ word }) => word);
