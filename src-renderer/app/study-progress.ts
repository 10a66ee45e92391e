import type { StudySummary } from '../../src-main/workbench/contract.ts';

type Counts = Pick<StudySummary, 'counts'>;

export const totalTrials = ({ counts }: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Trials that will not run any more. */
export const finishedTrials = ({ counts }: Counts): number => counts.done + counts.failed + counts.cancelled;

/** Share of a study's trials that is over, 0 … 1. */
export function finishedShare(study: Counts): number {
  const total = totalTrials(study);
  return total === 0 ? 0 : finishedTrials(study) / total;
}
