/** A trial that may run as soon as what it needs is done. */
export interface QueuedTrial {
  readonly id: string;
  readonly suite: string;
  readonly method: string;
  readonly backend: string;
  /** Ids of the trials whose artefacts it opens. */
  readonly needs: readonly string[];
  /** Others wait for its artefact. */
  readonly needed: boolean;
  /** Studies asked for first are served first; milliseconds. */
  readonly askedAt: number;
  /** Place within its study's plan. */
  readonly position: number;
}

/** Seconds that trials took, learned from finished ones; nearest knowledge first. */
export class Estimates {
  readonly #exact = new Map<string, { seconds: number; n: number }>();

  constructor(known: readonly { suite: string; method: string; backend: string; seconds: number; n: number }[] = []) {
    for (const { suite, method, backend, seconds, n } of known) this.#exact.set(key(suite, method, backend), { seconds, n });
  }

  learn(suite: string, method: string, backend: string, seconds: number): void {
    const before = this.#exact.get(key(suite, method, backend)) ?? { seconds: 0, n: 0 };
    this.#exact.set(key(suite, method, backend), { seconds: (before.seconds * before.n + seconds) / (before.n + 1), n: before.n + 1 });
  }

  /** Mean over the same (suite, method); else over the suite; else null: another suite says nothing about this one's length. */
  seconds(suite: string, method: string, backend: string): number | null {
    const exact = this.#exact.get(key(suite, method, backend));
    if (exact !== undefined) return exact.seconds;
    const sameSuite = [...this.#exact].filter(([name]) => name.startsWith(`${backend}\n${suite}\n`)).map(([, { seconds }]) => seconds);
    return sameSuite.length === 0 ? null : sameSuite.reduce((sum, seconds) => sum + seconds, 0) / sameSuite.length;
  }
}

const key = (suite: string, method: string, backend: string): string => `${backend}\n${suite}\n${method}`;

/**
 * The trial to start next, or null: of those whose needs are done and whose backend has a free place, the oldest study first, then what
 * others wait for, then the longest (so that no long one is left alone at the end); a trial of unknown length counts as long.
 */
export function chooseNext(queue: Iterable<QueuedTrial>, done: (trial: string) => boolean, free: (backend: string) => number, estimates: Estimates): QueuedTrial | null {
  let best: { trial: QueuedTrial; seconds: number } | null = null;
  for (const trial of queue) {
    if (free(trial.backend) <= 0 || !trial.needs.every(done)) continue;
    const seconds = estimates.seconds(trial.suite, trial.method, trial.backend) ?? Number.POSITIVE_INFINITY;
    if (best === null || before(trial, seconds, best.trial, best.seconds)) best = { trial, seconds };
  }
  return best?.trial ?? null;
}

function before(a: QueuedTrial, secondsA: number, b: QueuedTrial, secondsB: number): boolean {
  if (a.askedAt !== b.askedAt) return a.askedAt < b.askedAt;
  if (a.needed !== b.needed) return a.needed;
  if (secondsA !== secondsB) return secondsA > secondsB;
  return a.position < b.position;
}

/** Seconds until all are done on `workers` workers, or null while a length is unknown: the work shared out, but never less than the longest. */
export function timeLeft(seconds: readonly (number | null)[], workers: number): number | null {
  let sum = 0;
  let longest = 0;
  for (const one of seconds) {
    if (one === null) return null;
    sum += one;
    longest = Math.max(longest, one);
  }
  return Math.max(longest, sum / Math.max(1, workers));
}
