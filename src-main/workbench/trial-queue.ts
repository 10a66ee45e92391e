import { remembered } from '../base/remembered.ts';
import type { QueuedTrial } from './scheduler.ts';

/**
 * Trials that wait for a worker or for an artefact. A study may have hundreds of thousands, and something is chosen
 * whenever a trial ends: so what could start is kept by study and round, apart from what still waits for artefacts, and
 * only the first rounds are ever looked at.
 */
export class TrialQueue {
  readonly #trials = new Map<string, QueuedTrial>();
  /** What could start: by backend, time of the study and round. */
  readonly #ready = new Map<string, Map<number, Map<number, Map<string, QueuedTrial>>>>();
  /** The artefacts that a trial still waits for. */
  readonly #missing = new Map<string, Set<string>>();
  /** Times of studies that are being stopped, and by how many. */
  readonly #held = new Map<number, number>();
  /** The trials that wait for an artefact. */
  readonly #waiters = new Map<string, Set<string>>();

  /** Those for which something could start. */
  get backends(): string[] {
    return [...this.#ready].flatMap(([backend, studies]) => (studies.size > 0 ? [backend] : []));
  }

  /** All of them, also those that wait for artefacts. */
  get ids(): string[] {
    return [...this.#trials.keys()];
  }

  get(id: string): QueuedTrial | undefined {
    return this.#trials.get(id);
  }

  /** Adds a trial, or puts it in its new place; `missing`: those of its needs that are not there yet. */
  add(trial: QueuedTrial, missing: readonly string[]): void {
    this.delete(trial.id);
    this.#trials.set(trial.id, trial);
    if (missing.length === 0) return this.#makeReady(trial);
    this.#missing.set(trial.id, new Set(missing));
    for (const needed of missing) remembered(this.#waiters, needed, () => new Set<string>()).add(trial.id);
  }

  delete(id: string): void {
    const trial = this.#trials.get(id);
    if (trial === undefined) return;
    this.#trials.delete(id);
    const missing = this.#missing.get(id);
    if (missing === undefined) return this.#takeFromReady(trial);
    this.#missing.delete(id);
    for (const needed of missing) {
      const waiters = this.#waiters.get(needed);
      waiters?.delete(id);
      if (waiters?.size === 0) this.#waiters.delete(needed);
    }
  }

  /** The artefact of a trial is there: what waited for nothing else could start. */
  made(needed: string): void {
    const waiters = this.#waiters.get(needed);
    this.#waiters.delete(needed);
    for (const id of waiters ?? []) {
      const missing = this.#missing.get(id);
      const trial = this.#trials.get(id);
      missing?.delete(needed);
      if (trial === undefined || missing === undefined || missing.size > 0) continue;
      this.#missing.delete(id);
      this.#makeReady(trial);
    }
  }

  /** Lets nothing start that was asked for at these times, until the answer is called: its study is being stopped. */
  hold(times: readonly number[]): () => void {
    for (const at of times) this.#held.set(at, (this.#held.get(at) ?? 0) + 1);
    return () => {
      for (const at of times) {
        const holds = (this.#held.get(at) ?? 0) - 1;
        if (holds > 0) this.#held.set(at, holds);
        else this.#held.delete(at);
      }
    };
  }

  /**
   * What could start on these backends: the oldest studies first, round by round, whole rounds until there are more
   * than `enough`. That is all that `chooseNext` needs in order to choose as it would from everything.
   */
  contenders(backends: readonly string[], enough: number, accepts: (id: string) => boolean): QueuedTrial[] {
    const studies = backends
      .flatMap((backend) => [...(this.#ready.get(backend) ?? [])])
      .filter(([askedAt]) => !this.#held.has(askedAt))
      .sort(([one], [other]) => one - other);
    const found: QueuedTrial[] = [];
    let before: number | null = null;
    for (const [askedAt, rounds] of studies) {
      // Studies of one moment on several backends are all looked at.
      if (found.length > enough && askedAt !== before) break;
      before = askedAt;
      const inOrder = [...rounds].sort(([one], [other]) => one - other);
      const from = found.length;
      for (const [, trials] of inOrder) {
        if (found.length - from > enough) break;
        for (const trial of trials.values()) if (accepts(trial.id)) found.push(trial);
      }
    }
    return found;
  }

  #makeReady(trial: QueuedTrial): void {
    const studies = remembered(
      this.#ready,
      trial.backend,
      () => new Map<number, Map<number, Map<string, QueuedTrial>>>(),
    );
    const rounds = remembered(studies, trial.askedAt, () => new Map<number, Map<string, QueuedTrial>>());
    remembered(rounds, trial.round, () => new Map<string, QueuedTrial>()).set(trial.id, trial);
  }

  #takeFromReady({ id, backend, askedAt, round }: QueuedTrial): void {
    const studies = this.#ready.get(backend);
    const rounds = studies?.get(askedAt);
    const trials = rounds?.get(round);
    trials?.delete(id);
    if (trials?.size === 0) rounds?.delete(round);
    if (rounds?.size === 0) studies?.delete(askedAt);
  }
}
