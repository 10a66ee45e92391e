import type { LeaderboardCell } from '../records.ts';

type Counts = Pick<LeaderboardCell, 'diverged' | 'notPossible' | 'expected' | 'finished'>;

/**
 * Whether a cell has lost seeds to divergence. The mean of the rest is a mean of survivors: it is shown, but has no
 * rank and no mark.
 */
export const hasLost = ({ diverged, notPossible }: Counts): boolean => diverged + notPossible > 0;

/** `2 of 5 diverged`, `2 of 5 diverged, 1 not possible`; empty where none did. */
export function lostText({ diverged, notPossible, expected }: Counts): string {
  const parts = [
    diverged > 0 ? `${diverged} of ${expected} diverged` : '',
    notPossible > 0 ? `${notPossible}${diverged > 0 ? '' : ` of ${expected}`} not possible` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** What lost seeds mean for a cell, in words; null where there are none. */
export function lostSentence(cell: Counts): string | null {
  if (!hasLost(cell)) return null;
  const rest =
    cell.finished === 0
      ? 'There is no result'
      : cell.finished === 1
        ? 'The value is that of the one finite seed, and has no rank'
        : `The mean is over the ${cell.finished} finite ones, and has no rank`;
  return `${lostText(cell)}. ${rest}.`;
}
