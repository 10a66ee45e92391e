import { STATE_FACTS, STATE_WORDS, TRIAL_STATES, WITHOUT_RESULT } from '../../src-main/results/states.ts';
import type { StudySummary } from '../../src-main/workbench/contract/contract.ts';
import type { PlanningProgress } from '../stores/studies.ts';
import { formatInteger, plural } from './format.ts';

type Counts = Pick<StudySummary, 'counts'>;

export const totalTrials = ({ counts }: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Trials that have come to their end; a cancelled one has not. */
export const finishedTrials = ({ counts }: Counts): number =>
  TRIAL_STATES.reduce((sum, state) => sum + (STATE_FACTS[state].open || state === 'cancelled' ? 0 : counts[state]), 0);

/** `2 diverged`, `1 failed` and so on: what ended without a result, but for what a person has cancelled. */
export const troubles = ({ counts }: Counts): readonly string[] =>
  WITHOUT_RESULT.flatMap((state) =>
    state === 'cancelled' || counts[state] === 0 ? [] : [`${counts[state]} ${STATE_WORDS[state]}`],
  );

/** Share of a study's trials that has come to its end, 0 … 1: what was cancelled leaves a gap. */
export function finishedShare(study: Counts): number {
  const total = totalTrials(study);
  return total === 0 ? 0 : finishedTrials(study) / total;
}

/** How far a study has been planned, in words. */
export function planningText({ what, trials, total }: PlanningProgress): string {
  if (what === null) return 'Planning its trials';
  if (what === 'planned') return `${plural(trials, 'trial')} planned so far`;
  return `${formatInteger(trials)}${total === null ? '' : ` of ${formatInteger(total)}`} trials stored`;
}
