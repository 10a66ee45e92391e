import type { StudyDetail } from '../../../src-main/workbench/contract.ts';
import { formatSeconds } from '../../app/format.ts';

const NAMES = { start: 'at the start', half: 'at half of the trials' } as const;

/**
 * What was said about the time left, beside what it then took: the estimate of the start in short, all of them for the tooltip. Null while
 * the study runs, and where nothing was said.
 */
export function estimateOf({
  forecasts,
}: Pick<StudyDetail, 'forecasts'>): { readonly short: string; readonly long: string } | null {
  const judged = forecasts.flatMap(({ mark, predicted, actual, error }) =>
    actual === null || error === null ? [] : [{ mark, predicted, actual, error }],
  );
  const first = judged[0];
  if (first === undefined) return null;
  return {
    short: `${formatSeconds(first.predicted)} (${deviation(first.error)})`,
    long: judged
      .map(
        (one) => `Said ${NAMES[one.mark]}: ${formatSeconds(one.predicted)} left; it took ${formatSeconds(one.actual)}.`,
      )
      .join(' '),
  };
}

function deviation(error: number): string {
  const percent = Math.round(100 * Math.abs(error));
  return percent === 0 ? 'right' : `${percent} % too ${error > 0 ? 'long' : 'short'}`;
}
