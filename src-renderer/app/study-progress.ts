import type { StudySummary } from '../../src-main/workbench/contract.ts';

type Counts = Pick<StudySummary, 'counts'>;

export const totalTrials = ({ counts }: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Trials that have come to their end; a cancelled one has not. */
export const finishedTrials = ({ counts }: Counts): number =>
  counts.done + counts.failed + counts.diverged + counts['not-possible'];

/** Share of a study's trials that has come to its end, 0 … 1: what was cancelled leaves a gap. */
export function finishedShare(study: Counts): number {
  const total = totalTrials(study);
  return total === 0 ? 0 : finishedTrials(study) / total;
}
