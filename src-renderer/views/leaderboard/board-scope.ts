import { grantWords } from '../../../src-main/methods/grants.ts';
import type { Arranged } from '../../../src-main/metrics/board/rows.ts';
import type { LeaderboardRow } from '../../../src-main/workbench/contract/contract.ts';

/**
 * Of what a board's ranks and marks are, where that is not plain to see. A filter by needs asks about other methods:
 * then they are of those left. Anything else that hides rows changes none of them. Empty where everything is shown.
 */
export function scopeOf(
  rows: readonly Pick<LeaderboardRow, 'asks' | 'reference'>[],
  arranged: Pick<Arranged, 'upper' | 'pinned' | 'rows' | 'lower'>,
  without: readonly string[],
): string {
  const asked = rows.filter((row) => row.reference !== null || !without.some((grant) => row.asks.includes(grant)));
  const shown = [arranged.upper, arranged.pinned, arranged.rows, arranged.lower].flat().length;
  const question =
    without.length === 0
      ? ''
      : `Methods without ${without.map((grant) => grantWords(grant).noun).join(' or ')}: ranks and marks are those of ` +
        `these ${asked.length}, not of all ${rows.length}.`;
  const part =
    shown >= asked.length
      ? ''
      : `${shown} of ${asked.length} configurations shown; ranks, marks and p stay those of all ${asked.length}.`;
  return [question, part].filter((text) => text !== '').join(' ');
}
