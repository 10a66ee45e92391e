import type { ResultsStore } from '../results/store.ts';
import type { LogLevel } from './broadcast.ts';
import { asWorkbenchError } from './wire.ts';

const HOUR_MS = 3_600_000;

/**
 * Keeps a good copy of the results, now and every hour where the last is older than a day, beside everything else.
 * Answers the function that stops it. A copy that could not be made is said once.
 */
export function keepCopies(
  store: ResultsStore,
  now: () => number,
  log: (trial: string | null, level: LogLevel, message: string) => void,
): () => void {
  let told = false;
  const warn = (message: string): void => {
    if (!told) log(null, 'warning', message);
    told = true;
  };
  const keep = async (): Promise<void> => {
    if (!store.copyIsDue(now())) return;
    try {
      if (!(await store.keepGoodCopy()))
        warn(
          'The results database holds less than its last good copy, which stays: copy the data folder, then ' +
            'start again.',
        );
    } catch (error) {
      warn(`No good copy of the results database could be made: ${asWorkbenchError(error).message}`);
    }
  };
  void keep();
  const timer = setInterval(() => void keep(), HOUR_MS);
  timer.unref();
  return () => clearInterval(timer);
}
