/** Trials that take equally long, as far as one can know beforehand. */
export interface WorkKind {
  readonly suite: string;
  readonly method: string;
  /** Method and hash of its hyper-parameters: other epochs or another memory take another time. */
  readonly configuration: string;
  readonly backend: string;
}

/** A trial that may run as soon as what it needs is done. */
export interface QueuedTrial extends WorkKind {
  readonly id: string;
  /** Ids of the trials whose artefacts it opens. */
  readonly needs: readonly string[];
  /** Others wait for its artefact. */
  readonly needed: boolean;
  /** Studies asked for first are served first; milliseconds. */
  readonly askedAt: number;
  /** Place within its study's plan. */
  readonly position: number;
}

/** Means over `n` trials: of the seconds without preparation, and of the preparation of those that had any. */
interface Learned { seconds: number; n: number; preparation: number; prepared: number }

/** Seconds that trials take, learned from finished ones and, before the first has finished, from what running ones promise; nearest knowledge first. */
export class Estimates {
  /** Finished trials by configuration on a suite, and by method on a suite. */
  readonly #finished = new Map<string, Learned>();
  /** The last promise of a running trial, by the same keys. */
  readonly #promised = new Map<string, number>();
  readonly #methodsOf = new Map<string, Set<string>>();

  constructor(known: readonly (WorkKind & { seconds: number; n: number })[] = []) {
    for (const { seconds, n, ...kind } of known) this.#add(kind, { seconds, n, preparation: 0, prepared: 0 });
  }

  /** A trial took so many seconds, of which `preparation` for what others of its kind find ready. */
  learn(kind: WorkKind, seconds: number, preparation = 0): void {
    this.#add(kind, { seconds: seconds - preparation, n: 1, preparation, prepared: preparation > 0 ? 1 : 0 });
  }

  /** `count` trials of a kind; the first of a configuration that has not run yet prepares its graphs, as others of the method or suite had to. */
  work(kind: WorkKind, count: number): Work {
    return { seconds: this.seconds(kind), preparation: this.#finished.has(kindKey(kind)) ? 0 : this.#preparationOf(kind), count };
  }

  /** A trial under way says how long it will have taken in all. */
  promise(kind: WorkKind, seconds: number): void {
    for (const key of [kindKey(kind), this.#methodOf(kind)]) this.#promised.set(key, seconds);
  }

  /** Without preparation: mean over the same configuration on the suite; else over the method; else over the suite's methods; else null: another suite says nothing about this one's length. */
  seconds(kind: WorkKind): number | null {
    for (const key of [kindKey(kind), methodKey(kind)]) {
      const seconds = this.#known(key);
      if (seconds !== null) return seconds;
    }
    return mean(this.#methodsOn(kind).flatMap((key) => this.#known(key) ?? []));
  }

  /** The same for many trials, one by one. */
  workOf(trials: Iterable<WorkKind>): Work[] {
    const kinds = new Map<string, { readonly kind: WorkKind; count: number }>();
    for (const kind of trials) {
      const known = kinds.get(kindKey(kind));
      if (known === undefined) kinds.set(kindKey(kind), { kind, count: 1 });
      else known.count += 1;
    }
    return [...kinds.values()].map(({ kind, count }) => this.work(kind, count));
  }

  /** A trial of just this configuration has finished or told how long it will take; otherwise `seconds` is a guess from others. */
  knows(kind: WorkKind): boolean {
    return this.#known(kindKey(kind)) !== null;
  }

  #preparationOf(kind: WorkKind): number {
    const of = (key: string): readonly number[] => {
      const learned = this.#finished.get(key);
      return learned === undefined || learned.prepared === 0 ? [] : [learned.preparation];
    };
    return of(methodKey(kind))[0] ?? mean(this.#methodsOn(kind).flatMap(of)) ?? 0;
  }

  #methodsOn(kind: WorkKind): readonly string[] {
    return [...this.#methodsOf.get(suiteKey(kind)) ?? []];
  }

  #known(key: string): number | null {
    return this.#finished.get(key)?.seconds ?? this.#promised.get(key) ?? null;
  }

  #add(kind: WorkKind, more: Learned): void {
    for (const key of [kindKey(kind), this.#methodOf(kind)]) {
      const before = this.#finished.get(key) ?? { seconds: 0, n: 0, preparation: 0, prepared: 0 };
      const n = before.n + more.n, prepared = before.prepared + more.prepared;
      this.#finished.set(key, {
        seconds: (before.seconds * before.n + more.seconds * more.n) / n, n,
        preparation: prepared === 0 ? 0 : (before.preparation * before.prepared + more.preparation * more.prepared) / prepared, prepared,
      });
    }
  }

  #methodOf(kind: WorkKind): string {
    const key = methodKey(kind);
    const suite = suiteKey(kind);
    const methods = this.#methodsOf.get(suite);
    if (methods === undefined) this.#methodsOf.set(suite, new Set([key]));
    else methods.add(key);
    return key;
  }
}

const mean = (numbers: readonly number[]): number | null => (numbers.length === 0 ? null : numbers.reduce((sum, number) => sum + number, 0) / numbers.length);
const suiteKey = ({ backend, suite }: WorkKind): string => `${backend}\n${suite}`;
const methodKey = (kind: WorkKind): string => `${suiteKey(kind)}\n${kind.method}`;
/** The kind of a trial: the same for those that differ in nothing but their seed. */
export const kindKey = (kind: WorkKind): string => `${suiteKey(kind)}\n${kind.configuration}`;

/** Where trials of a kind find their graphs optimised: in a worker that is free, only in busy ones, or nowhere yet. */
export type Warmth = 'here' | 'elsewhere' | 'nowhere';

/** Below so many seconds a trial's own graphs are a large part of its time. */
const SHORT_SECONDS = 10;

/** What a choice depends on besides the queue. */
export interface Circumstances {
  /** Has a trial finished, so that its artefact is there? */
  done(trial: string): boolean;
  /** Places on a backend. */
  free(backend: string): number;
  readonly estimates: Estimates;
  warmth?(kind: string): Warmth;
  /** Trials of a kind that run now; none unless told. */
  running?(kind: string): number;
}

/**
 * The trial to start next, or null: of those whose needs are done and whose backend has a free place, the oldest study first, then what
 * others wait for, then the longest (so that no long one is left alone at the end); a trial of unknown length counts as long. Of long ones at least half as
 * long as the longest, one of the kind that runs in fewest workers: methods that wait for memory and methods that compute hinder each other less side by
 * side; and of a kind whose length is a guess before others, so that the longest are known while much is left. Short ones, whose order matters little to the end, come where their graphs are: what a free worker has run before, then what none has, then what
 * a busy one has.
 */
export function chooseNext(queue: Iterable<QueuedTrial>, { done, free, estimates, warmth = () => 'nowhere', running = () => 0 }: Circumstances): QueuedTrial | null {
  // A study has thousands of trials but few kinds of them, and few places.
  const places = new Map<string, boolean>();
  const lengths = new Map<string, number>();
  const ready = new Map<string, boolean>();
  const distances = new Map<string, number>();
  const counts = new Map<string, number>();
  const guesses = new Map<string, boolean>();
  const candidates: Candidate[] = [];
  for (const trial of queue) {
    if (!remembered(places, trial.backend, () => free(trial.backend) > 0) || !trial.needs.every((needed) => remembered(ready, needed, () => done(needed)))) continue;
    const kind = kindKey(trial);
    candidates.push({
      trial, seconds: remembered(lengths, kind, () => estimates.seconds(trial) ?? Number.POSITIVE_INFINITY),
      distance: remembered(distances, kind, () => DISTANCES[warmth(kind)]), running: remembered(counts, kind, () => running(kind)),
      guessed: remembered(guesses, kind, () => !estimates.knows(trial)),
    });
  }
  const best = first(candidates, before);
  if (best === null || !isLong(best.seconds)) return best?.trial ?? null;
  const alike = candidates.filter(({ trial, seconds }) => trial.askedAt === best.trial.askedAt && trial.needed === best.trial.needed && isLong(seconds) && 2 * seconds >= best.seconds);
  return first(alike, (a, b) => (a.running !== b.running ? a.running < b.running : a.guessed !== b.guessed ? a.guessed : before(a, b)))?.trial ?? null;
}

function first<T>(items: readonly T[], isBefore: (a: T, b: T) => boolean): T | null {
  let best: T | null = null;
  for (const item of items) if (best === null || isBefore(item, best)) best = item;
  return best;
}

function remembered<T>(answers: Map<string, T>, key: string, ask: () => T): T {
  const known = answers.get(key);
  if (known !== undefined) return known;
  const answer = ask();
  answers.set(key, answer);
  return answer;
}

interface Candidate {
  readonly trial: QueuedTrial;
  readonly seconds: number;
  readonly distance: number;
  readonly running: number;
  readonly guessed: boolean;
}

const DISTANCES: Readonly<Record<Warmth, number>> = { here: 0, nowhere: 1, elsewhere: 2 };

const isLong = (seconds: number): boolean => seconds >= SHORT_SECONDS && seconds < Number.POSITIVE_INFINITY;
const isUnknown = (seconds: number): boolean => seconds === Number.POSITIVE_INFINITY;

function before(a: Candidate, b: Candidate): boolean {
  if (a.trial.askedAt !== b.trial.askedAt) return a.trial.askedAt < b.trial.askedAt;
  if (a.trial.needed !== b.trial.needed) return a.trial.needed;
  if (isUnknown(a.seconds) !== isUnknown(b.seconds)) return isUnknown(a.seconds);
  if (isLong(a.seconds) !== isLong(b.seconds)) return isLong(a.seconds);
  if (!isLong(a.seconds) && a.distance !== b.distance) return a.distance < b.distance;
  if (a.seconds !== b.seconds) return a.seconds > b.seconds;
  return a.trial.position < b.trial.position;
}

/** `count` trials that take `seconds` each, null: nobody knows; the first `preparation` more. */
export interface Work {
  readonly seconds: number | null;
  readonly preparation: number;
  readonly count: number;
}

/** What keeps the workers of a backend busy until a study is done. */
export interface Workload {
  /** Running trials with the seconds that they have left; `own`: of the study. */
  readonly running: readonly { readonly seconds: number | null; readonly own: boolean }[];
  /** Waiting trials of studies that are served before. */
  readonly ahead: readonly Work[];
  /** The study's own waiting trials. */
  readonly own: readonly Work[];
}

/** Seconds until a study's last trial ends, or null while a length is unknown: the longest first, as `chooseNext` begins, on `workers` workers, the next trial always to the one that is free first. */
export function timeLeft({ running, ahead, own }: Workload, workers: number): number | null {
  const busyUntil = Array.from({ length: Math.max(1, workers) }, () => 0);
  let end = 0;
  const give = (seconds: number, counts: boolean): void => {
    let free = 0;
    for (let worker = 1; worker < busyUntil.length; worker++) if ((busyUntil[worker] ?? 0) < (busyUntil[free] ?? 0)) free = worker;
    const until = (busyUntil[free] ?? 0) + seconds;
    busyUntil[free] = until;
    if (counts) end = Math.max(end, until);
  };
  for (const { seconds, own: counts } of running) {
    if (seconds === null) return null;
    give(seconds, counts);
  }
  for (const [list, counts] of [[ahead, false], [own, true]] as const) {
    const known = list.flatMap(({ seconds, preparation, count }) => (seconds === null ? [] : [{ seconds, preparation, count }]));
    if (known.length < list.length) return null;
    for (const { seconds, preparation, count } of known.sort((a, b) => b.seconds - a.seconds)) for (let i = 0; i < count; i++) give(i === 0 ? preparation + seconds : seconds, counts);
  }
  return end;
}
