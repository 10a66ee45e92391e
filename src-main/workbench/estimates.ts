import { remembered } from '../base/remembered.ts';

/** Trials that take equally long, as far as one can know beforehand. */
export interface WorkKind {
  readonly suite: string;
  readonly method: string;
  /** Method and hash of its hyper-parameters: other epochs or another memory take another time. */
  readonly configuration: string;
  readonly backend: string;
}

const suiteKey = ({ backend, suite }: WorkKind): string => `${backend}\n${suite}`;
const methodKey = (kind: WorkKind): string => `${suiteKey(kind)}\n${kind.method}`;
/** The kind of a trial: the same for those that differ in nothing but their seed. */
export const kindKey = (kind: WorkKind): string => `${suiteKey(kind)}\n${kind.configuration}`;

/** `count` trials that take `seconds` each, null: nobody knows; the first `preparation` more. */
export interface Work {
  readonly seconds: number | null;
  readonly preparation: number;
  readonly count: number;
}

/** Means over `n` trials: of the seconds without preparation, and of the preparation of those that had any. */
interface Learned {
  seconds: number;
  n: number;
  preparation: number;
  prepared: number;
}

/**
 * Seconds that trials take, learned from finished ones and, before the first has finished, from what running ones
 * promise; nearest knowledge first.
 */
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

  /** A trial under way says how long it will have taken in all. */
  promise(kind: WorkKind, seconds: number): void {
    for (const key of [kindKey(kind), this.#methodOf(kind)]) this.#promised.set(key, seconds);
  }

  /**
   * Without preparation: mean over the same configuration on the suite; else over the method; else over the suite's
   * methods; else null: another suite says nothing about this one's length.
   */
  seconds(kind: WorkKind): number | null {
    for (const key of [kindKey(kind), methodKey(kind)]) {
      const seconds = this.#known(key);
      if (seconds !== null) return seconds;
    }
    return mean(this.#methodsOn(kind).flatMap((key) => this.#known(key) ?? []));
  }

  /** What a running trial has left: as it says itself, else all that its kind takes. */
  left(kind: WorkKind, eta: number | null | undefined): number | null {
    return eta ?? this.seconds(kind);
  }

  /**
   * Whether a trial of just this configuration has finished or told how long it will take; if not, `seconds` is a guess
   * from others.
   */
  knows(kind: WorkKind): boolean {
    return this.#known(kindKey(kind)) !== null;
  }

  /** Whether a trial of its method on its suite has finished or told; if not, `seconds` is what other methods take. */
  knowsMethod(kind: WorkKind): boolean {
    return this.#known(methodKey(kind)) !== null;
  }

  /**
   * The kind itself where its length can be told; else, on the suite that is the first of `alike` to tell something,
   * what is closest to it.
   */
  nearest(kind: WorkKind, alike: readonly string[]): WorkKind {
    if (this.seconds(kind) !== null) return kind;
    const others = alike.map((suite) => ({ ...kind, suite })).filter((other) => this.seconds(other) !== null);
    return others.find((other) => this.knowsMethod(other)) ?? others[0] ?? kind;
  }

  /**
   * `count` trials of a kind; the first of a configuration that has not run yet prepares its graphs, as others of the
   * method or suite had to.
   */
  work(kind: WorkKind, count: number): Work {
    return {
      seconds: this.seconds(kind),
      preparation: this.#finished.has(kindKey(kind)) ? 0 : this.#preparationOf(kind),
      count,
    };
  }

  /** The work of these trials, kind by kind. */
  workOf(trials: Iterable<WorkKind>): Work[] {
    const kinds = new Map<string, { readonly kind: WorkKind; count: number }>();
    for (const kind of trials) remembered(kinds, kindKey(kind), () => ({ kind, count: 0 })).count += 1;
    return [...kinds.values()].map(({ kind, count }) => this.work(kind, count));
  }

  #preparationOf(kind: WorkKind): number {
    const of = (key: string): readonly number[] => {
      const learned = this.#finished.get(key);
      return learned === undefined || learned.prepared === 0 ? [] : [learned.preparation];
    };
    return of(methodKey(kind))[0] ?? mean(this.#methodsOn(kind).flatMap(of)) ?? 0;
  }

  #methodsOn(kind: WorkKind): readonly string[] {
    return [...(this.#methodsOf.get(suiteKey(kind)) ?? [])];
  }

  #known(key: string): number | null {
    return this.#finished.get(key)?.seconds ?? this.#promised.get(key) ?? null;
  }

  #add(kind: WorkKind, more: Learned): void {
    for (const key of [kindKey(kind), this.#methodOf(kind)]) {
      const before = this.#finished.get(key) ?? { seconds: 0, n: 0, preparation: 0, prepared: 0 };
      const n = before.n + more.n,
        prepared = before.prepared + more.prepared;
      this.#finished.set(key, {
        seconds: (before.seconds * before.n + more.seconds * more.n) / n,
        n,
        preparation:
          prepared === 0 ? 0 : (before.preparation * before.prepared + more.preparation * more.prepared) / prepared,
        prepared,
      });
    }
  }

  #methodOf(kind: WorkKind): string {
    const key = methodKey(kind);
    remembered(this.#methodsOf, suiteKey(kind), () => new Set<string>()).add(key);
    return key;
  }
}

const mean = (numbers: readonly number[]): number | null =>
  numbers.length === 0 ? null : numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
