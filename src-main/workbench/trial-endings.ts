import { placeText } from '../base/places.ts';
import { trialIn } from '../results/identity.ts';
import { STATE_FACTS } from '../results/states.ts';
import type { ResultsStore } from '../results/store.ts';
import type { StoredFailure, StoredProgress, StoredTrial } from '../results/types.ts';
import type { ReceivedDivergence, ReceivedResult } from '../trial/messages.ts';
import { damagedMakers } from './artefacts.ts';
import type { Estimates } from './estimates.ts';
import type { TrialOutcome } from './hosts/host.ts';
import { asWorkbenchError } from './wire.ts';
import type { TrialQueue } from './trial-queue.ts';

/** A crash is retried this often in all: once. */
const ATTEMPTS = 2;

/** What became of a trial, and what a person had asked of it. */
export interface Ending {
  readonly outcome: TrialOutcome;
  readonly wish: 'pause' | 'cancel' | undefined;
}

export interface TrialEndingsParts {
  readonly store: ResultsStore;
  readonly estimates: Estimates;
  /** Trials that wait for a worker or an artefact. */
  readonly queue: TrialQueue;
  /** How far running trials are. */
  readonly progress: Map<string, StoredProgress>;
  /** Stores what a trial measured; the metrics are the Workbench's business. */
  readonly finish: (trial: StoredTrial, result: ReceivedResult) => void;
  /** Stores what a trial had measured when it diverged. */
  readonly diverged: (trial: StoredTrial, divergence: ReceivedDivergence, result: ReceivedResult) => void;
  readonly enqueue: (trials: readonly StoredTrial[]) => void;
  /** As `enqueue`, after a look at whether the trials are still what they were asked as. */
  readonly takeUp: (trials: readonly StoredTrial[]) => void;
  readonly clearCheckpoint: (trial: string) => void;
  readonly tell: (trial: string) => void;
  readonly log: (trial: string | null, level: 'info' | 'warning' | 'error', message: string) => void;
  readonly isClosed: () => boolean;
  readonly now: () => number;
}

/** Settles what becomes of trials, and of those that wait for them. */
export class TrialEndings {
  readonly #parts: TrialEndingsParts;
  readonly #store: ResultsStore;

  constructor(parts: TrialEndingsParts) {
    this.#parts = parts;
    this.#store = parts.store;
  }

  /** May be called again with the same ending after a failure: everything in it can be done twice. */
  become(id: string, { outcome, wish }: Ending): void {
    const trial = this.#store.trial(id);
    if (trial === null || trial.state === 'cancelled') return this.#parts.clearCheckpoint(id);
    switch (outcome.kind) {
      case 'done':
        return this.#keep(trial, outcome.result);
      case 'diverged':
        return this.#diverge(trial, outcome.divergence, outcome.result);
      case 'paused':
      case 'cancelled':
        return this.#stop(trial, wish);
      case 'failed':
        // Its maker has failed from then on, so that a retry makes it again.
        if (outcome.failure.kind === 'DamagedBlob')
          for (const maker of damagedMakers(this.#store, id)) this.#parts.tell(maker);
        if (outcome.failure.kind === 'ChangedSinceAskedError' && trial.attempts < ATTEMPTS)
          return this.#planAnew(trial, outcome.failure.message);
        return this.fail(trial, { ...outcome.failure, attempts: trial.attempts });
      case 'crashed':
        return this.#crash(trial, outcome, wish);
    }
  }

  /** Ends a trial with the reason, and those that wait for what it would have made. */
  fail(trial: StoredTrial, failure: StoredFailure): void {
    this.#store.setState(trial.id, 'failed', {
      failure,
      finishedAt: this.#parts.now(),
      progress: this.#parts.progress.get(trial.id) ?? null,
    });
    this.#parts.progress.delete(trial.id);
    this.#parts.log(trial.id, 'error', failure.message);
    this.#parts.tell(trial.id);
    for (const dependant of this.#waitingFor(trial.id))
      this.fail(dependant, {
        kind: 'dependency',
        message: `It needs what ${nameOf(trial)} makes, and that trial failed: ${failure.message}`,
        details: '',
        attempts: 0,
      });
  }

  /** Ends a trial that needs what another one cannot make, if it does; false where nothing stands in its way. */
  blocked(trial: StoredTrial, needs = this.#store.needs(trial.id)): boolean {
    for (const [name, needed] of Object.entries(needs)) {
      const other = this.#store.trial(trialIn(needed));
      if (other?.state !== 'diverged' && other?.state !== 'not-possible') continue;
      this.#block(trial, name, other);
      return true;
    }
    return false;
  }

  #keep(trial: StoredTrial, result: ReceivedResult): void {
    this.#parts.finish(trial, result);
    const isDone = (id: string): boolean => this.#store.trial(id)?.state === 'done';
    const ready = this.#store
      .neededBy(trial.id)
      .filter((id) => this.#parts.queue.get(id)?.needs.every((needed) => isDone(needed)) === true);
    for (const id of ready) this.#store.setState(id, 'queued');
    this.#parts.queue.made(trial.id);
    this.#parts.estimates.learn(trial, result.cost.seconds, result.preparation);
    this.#parts.progress.delete(trial.id);
    this.#parts.clearCheckpoint(trial.id);
    for (const id of ready) this.#parts.tell(id);
  }

  #diverge(trial: StoredTrial, divergence: ReceivedDivergence, result: ReceivedResult): void {
    this.#parts.diverged(trial, divergence, result);
    this.#parts.progress.delete(trial.id);
    this.#parts.clearCheckpoint(trial.id);
    this.#parts.log(trial.id, 'warning', `It diverged: ${divergence.message}`);
    this.#parts.tell(trial.id);
    for (const dependant of this.#waitingFor(trial.id)) this.blocked(dependant);
  }

  #block(trial: StoredTrial, artefact: string, needed: StoredTrial): void {
    const why = needed.state === 'diverged' ? 'that trial diverged' : 'that trial is not possible';
    const message = `It needs "${artefact}" of ${nameOf(needed)}, and ${why}: ${needed.failure?.message ?? ''}`.trim();
    this.#parts.queue.delete(trial.id);
    this.#store.setState(trial.id, 'not-possible', {
      failure: { kind: 'not-possible', message, details: '', attempts: 0 },
      finishedAt: this.#parts.now(),
    });
    this.#parts.log(trial.id, 'warning', message);
    this.#parts.tell(trial.id);
    for (const dependant of this.#waitingFor(trial.id)) this.blocked(dependant);
  }

  #stop(trial: StoredTrial, wish: Ending['wish']): void {
    if (wish === 'cancel') {
      // It says `cancelled` already, unless that could not be stored.
      this.#store.setState(trial.id, 'cancelled', { finishedAt: this.#parts.now() });
      this.#parts.clearCheckpoint(trial.id);
      return;
    }
    // Asked for again meanwhile: straight back to the queue.
    const closed = this.#parts.isClosed();
    const wanted = !closed && this.#isWanted(trial.id);
    this.#store.setState(trial.id, wanted || closed ? 'queued' : 'paused', {
      progress: this.#parts.progress.get(trial.id) ?? null,
    });
    if (wanted) this.#parts.enqueue([{ ...trial, state: 'queued' }]);
  }

  #crash(trial: StoredTrial, { reason, details }: { reason: string; details: string }, wish: Ending['wish']): void {
    if (wish === 'pause' && !this.#isWanted(trial.id)) {
      this.#store.setState(trial.id, 'paused');
    } else if (trial.attempts < ATTEMPTS) {
      this.#store.setState(trial.id, 'queued', { attempts: trial.attempts + 1 });
      this.#parts.log(
        trial.id,
        'warning',
        `The worker ended under the trial (${reason}); it is tried once more from its last checkpoint.`,
      );
      this.#parts.enqueue([{ ...trial, state: 'queued' }]);
    } else {
      this.fail(trial, {
        kind: 'crash',
        message: `The worker ended under the trial twice, the last time by: ${reason}.`,
        details,
        attempts: trial.attempts,
      });
    }
  }

  /**
   * A worker would compute something else: the Workbench looks again. What it plans no otherwise fails the second time.
   */
  #planAnew(trial: StoredTrial, why: string): void {
    this.#store.setState(trial.id, 'queued', { attempts: trial.attempts + 1 });
    this.#parts.log(trial.id, 'info', why);
    this.#parts.takeUp([{ ...trial, state: 'queued' }]);
  }

  #isWanted(id: string): boolean {
    return this.#store.studiesOf(id).some(({ intent }) => intent === 'run');
  }

  /** The trials that were to open what this one makes; they leave the queue. */
  #waitingFor(id: string): StoredTrial[] {
    return this.#store.neededBy(id).flatMap((other) => {
      const dependant = this.#store.trial(other);
      if (dependant === null || dependant.state === 'running' || !STATE_FACTS[dependant.state].open) return [];
      this.#parts.queue.delete(other);
      return [dependant];
    });
  }
}

const nameOf = (trial: StoredTrial): string => `${trial.method} on ${trial.suite}, ${placeText(trial)}`;

/** The failure of a trial that has ended and whose ending could not be stored. */
export function notStored(trial: StoredTrial, outcome: TrialOutcome, error: unknown): StoredFailure {
  const { message, failure } = asWorkbenchError(error);
  const what =
    outcome.kind === 'done' || outcome.kind === 'diverged'
      ? 'finished, but its result'
      : 'ended, but what became of it';
  return {
    kind: 'internal',
    message: `The trial ${what} could not be stored: ${message} Its last checkpoint is kept: a retry goes on from there.`,
    details: failure.details ?? '',
    attempts: trial.attempts,
  };
}
