import type { LeaderboardRow } from '../records.ts';

/** What a row is beside its numbers, in a word for its name and a sentence for who asks. One way for the screen, files and the command line. */
export interface RowMark {
  readonly word: string;
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
    marks.push({
      word: 'imported',
      sentence: imported.checked ? `${from}; ids and metrics were computed again here.` : `${from}.`,
      unranked: false,
    });
    if (!imported.checked)
      marks.push({
        word: 'not checked',
        sentence: 'The file does not hold what its ids or metrics are computed from: shown, not ranked.',
        unranked: true,
      });
  }
  if (superseded !== null)
    marks.push({
      word: 'earlier version',
      sentence: `Measured with an earlier version: ${superseded}.`,
      unranked: false,
    });
  return marks;
}

/** The words of a row's marks that its name does not say already. */
export const markWords = (row: Pick<LeaderboardRow, 'name' | 'imported' | 'superseded'>): readonly string[] =>
  rowMarks(row)
    .map(({ word }) => word)
    .filter((word) => !row.name.includes(word));
