import type { StudyDetail } from '../../../src-main/workbench/contract/contract.ts';
import { formatSeconds } from '../../app/format.ts';

const NAMES = { start: 'at the start', half: 'at half of the trials' } as const;

/**
 * What was said about the time left, beside what it then took: the estimate of the start in short, all of them for the
 * tooltip. Null while the study runs, and where nothing was said.
 */
export function estimateOf({
  forecasts,
}: Pick<StudyDetail, 'forecasts'>): { readonly short: string; readonly long: string } | null {
  const judged = forecasts.flatMap(({ mark, predicted, actual, error }) =>
    actual === null || error === null ? [] : [{ mark, predicted, actual }],
  );
  const first = judged[0];
  if (first === undefined) return null;
  return {
    short: `${formatSeconds(first.predicted)} left, took ${formatSeconds(first.actual)} (${deviation(first)})`,
    long: judged
      .map((one) => {
        const said = `Said ${NAMES[one.mark]}: ${formatSeconds(one.predicted)} left;`;
        return `${said} it took ${formatSeconds(one.actual)} from then (${deviation(one)}).`;
      })
      .join(' '),
  };
}

/** By the seconds that stand beside it, so that whoever divides them gets the same. */
function deviation({ predicted, actual }: { readonly predicted: number; readonly actual: number }): string {
  const [said, took] = [shown(predicted), shown(actual)];
  const percent = took === 0 ? 0 : Math.round((100 * Math.abs(said - took)) / took);
  return percent === 0 ? 'right' : `${percent} % too ${said > took ? 'long' : 'short'}`;
}

/** Rounded as `formatSeconds` shows it. */
const shown = (seconds: number): number => {
  if (seconds < 10) return Math.round(seconds * 10) / 10;
  return seconds < 3599.5 ? Math.round(seconds) : 60 * Math.round(seconds / 60);
};
