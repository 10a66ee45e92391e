import type { Work } from './estimates.ts';

/** What keeps the workers of a backend busy until a study is done. */
export interface Workload {
  /** Running trials with the seconds that they have left; `own`: of the study. */
  readonly running: readonly { readonly seconds: number | null; readonly own: boolean }[];
  /** Waiting trials of studies that are served before. */
  readonly ahead: readonly Work[];
  /** The study's own waiting trials. */
  readonly own: readonly Work[];
}

/**
 * Seconds until a study's last trial ends, or null while a length is unknown: the longest first, as `chooseNext`
 * begins, on `workers` workers, the next trial always to the one that is free first.
 */
export function timeLeft({ running, ahead, own }: Workload, workers: number): number | null {
  const busyUntil = Array.from({ length: Math.max(1, workers) }, () => 0);
  let end = 0;
  const give = (seconds: number, counts: boolean): void => {
    let free = 0;
    for (let worker = 1; worker < busyUntil.length; worker++)
      if ((busyUntil[worker] ?? 0) < (busyUntil[free] ?? 0)) free = worker;
    const until = (busyUntil[free] ?? 0) + seconds;
    busyUntil[free] = until;
    if (counts) end = Math.max(end, until);
  };
  for (const { seconds, own: counts } of running) {
    if (seconds === null) return null;
    give(seconds, counts);
  }
  for (const [list, counts] of [
    [ahead, false],
    [own, true],
  ] as const) {
    const known = list.flatMap(({ seconds, preparation, count }) =>
      seconds === null ? [] : [{ seconds, preparation, count }],
    );
    if (known.length < list.length) return null;
    for (const { seconds, preparation, count } of known.sort((a, b) => b.seconds - a.seconds))
      for (let i = 0; i < count; i++) give(i === 0 ? preparation + seconds : seconds, counts);
  }
  return end;
}
