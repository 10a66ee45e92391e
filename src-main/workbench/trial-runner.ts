import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeTemporaries } from '../results/files.ts';
import type { ResultsStore } from '../results/store.ts';
import type { StoredFailure, StoredProgress, StoredTrial } from '../results/types.ts';
import { chooseNext, Estimates } from './scheduler.ts';
import type { QueuedTrial } from './scheduler.ts';
import { Supervisor } from './supervisor.ts';
import type { BackendFacts, SupervisorOptions, TrialOutcome, WorkerReport } from './supervisor.ts';
import type { ReceivedResult } from '../worker/messages.ts';
import { asWorkbenchError } from './wire.ts';

export interface TrialRunnerOptions {
  readonly store: ResultsStore;
  readonly dataFolder: string;
  readonly workerEntry: string;
  readonly execPath?: string;
  readonly times?: SupervisorOptions['times'];
  /** Seconds between checkpoints. */
  readonly checkpointEvery: number;
  /** Places on a backend. */
  readonly capacity: (backend: string) => number;
  /** Stores what a trial measured; the metrics are the Workbench's business. */
  readonly finish: (trial: StoredTrial, result: ReceivedResult) => void;
  readonly onTrial: (id: string) => void;
  readonly onCurvePoint: (point: { trial: string; name: string; x: number; y: number }) => void;
  readonly onLog: (trial: string | null, level: 'info' | 'warning' | 'error', message: string) => void;
  readonly now: () => number;
}

/** A crash is retried this often in all: once. */
const ATTEMPTS = 2;
const STORE_TRIES = 3;
const STORE_PAUSE_MS = 2_000;

/** Keeps the workers busy with the queue: starts trials, follows them, and settles what becomes of each. */
export class TrialRunner {
  readonly estimates: Estimates;
  readonly #options: TrialRunnerOptions;
  readonly #store: ResultsStore;
  readonly #supervisor: Supervisor;
  readonly #queue = new Map<string, QueuedTrial>();
  readonly #progress = new Map<string, StoredProgress>();
  /** Trials that a person wants stopped, and how their worker's answer is to be understood. */
  readonly #stopping = new Map<string, 'pause' | 'cancel'>();
  #closed = false;
  #pumping = false;

  constructor(options: TrialRunnerOptions) {
    this.#options = options;
    this.#store = options.store;
    this.estimates = new Estimates(options.store.durations());
    this.#supervisor = new Supervisor({
      entry: options.workerEntry, dataFolder: options.dataFolder,
      ...(options.execPath === undefined ? {} : { execPath: options.execPath }), ...(options.times === undefined ? {} : { times: options.times }),
      onReport: (report) => this.#report(report),
      onOutcome: (trial, outcome) => this.#settle(trial, outcome),
    });
  }

  /**
   * Takes up what a Workbench before this one left: trials that were running are queued again and resume from their checkpoints. Without
   * `run` the queue stays as it is, for a command that only looks something up.
   */
  recover(run: boolean): void {
    for (const trial of this.#store.trialsInState('running')) {
      const wanted = this.#store.studiesOf(trial.id).some(({ intent }) => intent === 'run');
      this.#store.setState(trial.id, wanted ? 'queued' : 'paused');
      this.#options.onLog(trial.id, 'info', 'Touchstone was closed while this trial ran; it goes on from its last checkpoint.');
    }
    if (run) this.enqueue(this.#store.trialsInState('queued', 'waiting'));
  }

  facts(backend: string): Promise<BackendFacts> {
    return this.#supervisor.facts(backend);
  }

  progressOf(trial: string): StoredProgress | null {
    return this.#progress.get(trial) ?? null;
  }

  pidOf(trial: string): number | null {
    return this.#supervisor.pidOf(trial);
  }

  /** Puts trials into the queue as `queued`, or `waiting` while an artefact is missing. */
  enqueue(trials: readonly StoredTrial[]): void {
    trials.forEach((trial, index) => {
      const needs = Object.values(this.#store.needs(trial.id));
      const state = needs.every((id) => this.#isDone(id)) ? 'queued' : 'waiting';
      if (trial.state !== state) this.#store.setState(trial.id, state);
      this.#queue.set(trial.id, {
        id: trial.id, suite: trial.suite, method: trial.method, backend: trial.backend, needs, needed: this.#store.neededBy(trial.id).length > 0, askedAt: trial.createdAt, position: index,
      });
    });
    this.pump();
  }

  /** Takes trials out of the queue; running ones are asked to stop. Their states are set here, except of those that still write a checkpoint. */
  pause(ids: readonly string[]): void {
    for (const id of ids) this.#stop(id, 'pause');
  }

  cancel(ids: readonly string[]): void {
    for (const id of ids) this.#stop(id, 'cancel');
    this.pump();
  }

  /** Starts as many trials as there are places. */
  pump(): void {
    // Events that a start causes may ask for another pump; one loop at a time is enough.
    if (this.#closed || this.#pumping || this.#store.readOnly !== null) return;
    this.#pumping = true;
    try {
      for (;;) {
        const busy = new Set(this.#supervisor.busy);
        const candidates = [...this.#queue.values()].filter(({ id }) => !busy.has(id));
        const free = (backend: string): number => this.#options.capacity(backend) - this.#supervisor.busyOn(backend);
        const next = chooseNext(candidates, (id) => this.#isDone(id), free, this.estimates);
        if (next === null) return;
        this.#queue.delete(next.id);
        this.#start(next);
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** Lets running trials write a last checkpoint (`graceful`) or not, and ends all workers. They resume at the next start. */
  async close(graceful: boolean, patienceMs = 10_000): Promise<void> {
    this.#closed = true;
    if (graceful) {
      for (const id of this.#supervisor.busy) this.#supervisor.wish(id, 'pause');
      const until = this.#options.now() + patienceMs;
      while (this.#supervisor.busy.length > 0 && this.#options.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await this.#supervisor.close();
  }

  checkpointFile(trial: string): string {
    return join(this.#options.dataFolder, 'checkpoints', `${trial}.checkpoint`);
  }

  clearCheckpoint(trial: string): void {
    for (const file of [this.checkpointFile(trial), `${this.checkpointFile(trial)}.previous`]) rmSync(file, { force: true });
    removeTemporaries(this.checkpointFile(trial));
  }

  #start({ id, backend }: QueuedTrial): void {
    const trial = this.#store.trial(id);
    if (trial === null) return;
    const artefacts: Record<string, { path: string; note: string }> = {};
    for (const [name, needed] of Object.entries(this.#store.needs(id))) {
      const file = this.#store.artefactFile(needed);
      if (file === null) {
        this.#fail(trial, { kind: 'dependency', message: `The trial needs the artefact "${name}" of trial ${needed.slice(0, 12)}, which left none.`, details: '', attempts: trial.attempts });
        return;
      }
      artefacts[name] = file;
    }
    this.#store.setState(id, 'running', { startedAt: trial.startedAt ?? this.#options.now(), attempts: Math.max(1, trial.attempts), failure: null });
    this.#supervisor.run(backend, {
      trial: id, suite: trial.suite, method: trial.method, hyperParameters: { ...trial.hyperParameters }, seed: trial.seed, checkpoint: this.checkpointFile(id),
      checkpointEvery: this.#options.checkpointEvery, artefacts, workers: Math.max(1, this.#supervisor.busy.length + 1),
    });
    this.#options.onTrial(id);
  }

  #stop(id: string, how: 'pause' | 'cancel'): void {
    const target = how === 'pause' ? 'paused' : 'cancelled';
    this.#queue.delete(id);
    if (this.#supervisor.busy.includes(id)) {
      this.#stopping.set(id, how);
      this.#supervisor.wish(id, how);
      // A pause is over when the checkpoint is written; a cancel at once, whatever the worker still does.
      if (how === 'pause') return;
    }
    const trial = this.#store.trial(id);
    if (trial === null || !['queued', 'waiting', 'running', 'paused'].includes(trial.state) || (how === 'pause' && trial.state === 'paused')) return;
    this.#store.setState(id, target, how === 'cancel' ? { finishedAt: this.#options.now() } : {});
    if (how === 'cancel') this.clearCheckpoint(id);
    this.#options.onTrial(id);
  }

  #report(report: WorkerReport): void {
    switch (report.kind) {
      case 'progress': {
        const { done, total, rate, eta } = report;
        const metrics = Object.fromEntries(Object.entries(report.metrics).filter(([, value]) => Number.isFinite(value)));
        this.#progress.set(report.trial, { done, total, rate, eta, metrics });
        this.#options.onTrial(report.trial);
        return;
      }
      case 'curve-point':
        if (Number.isFinite(report.y)) this.#options.onCurvePoint(report);
        return;
      case 'log':
        this.#options.onLog(report.trial, report.level, report.message);
        return;
      case 'checkpoint':
        return;
    }
  }

  #settle(id: string, outcome: TrialOutcome): void {
    const wish = this.#stopping.get(id);
    this.#stopping.delete(id);
    try {
      const trial = this.#store.trial(id);
      if (trial === null) return this.clearCheckpoint(id);
      if (trial.state === 'cancelled') {
        this.clearCheckpoint(id);
        return;
      }
      switch (outcome.kind) {
        case 'done':
          this.#keep(trial, outcome.result, STORE_TRIES);
          return;
        case 'paused':
        case 'cancelled': {
          const progress = this.#progress.get(id) ?? null;
          if (wish === 'pause' || wish === undefined) {
            // Asked for again meanwhile: straight back to the queue.
            const wanted = !this.#closed && this.#store.studiesOf(id).some(({ intent }) => intent === 'run');
            this.#store.setState(id, wanted || this.#closed ? 'queued' : 'paused', { progress });
            if (wanted) this.enqueue([{ ...trial, state: 'queued' }]);
          }
          return;
        }
        case 'failed':
          this.#fail(trial, { ...outcome.failure, attempts: trial.attempts });
          return;
        case 'crashed': {
          if (wish === 'pause' && !this.#store.studiesOf(id).some(({ intent }) => intent === 'run')) {
            this.#store.setState(id, 'paused');
            return;
          }
          if (trial.attempts < ATTEMPTS) {
            this.#options.onLog(id, 'warning', `The worker ended under the trial (${outcome.reason}); it is tried once more from its last checkpoint.`);
            this.#store.setState(id, 'queued', { attempts: trial.attempts + 1 });
            this.enqueue([{ ...trial, state: 'queued' }]);
          } else {
            this.#fail(trial, { kind: 'crash', message: `The worker ended under the trial twice, the last time by: ${outcome.reason}.`, details: outcome.details, attempts: trial.attempts });
          }
          return;
        }
      }
    } catch (error) {
      this.#options.onLog(id, 'error', `What became of the trial could not be stored: ${asWorkbenchError(error).message}`);
    } finally {
      if (!this.#closed) {
        this.#options.onTrial(id);
        this.pump();
      }
    }
  }

  /** Stores a result; a database that is locked or full for a moment is tried again before the trial counts as failed. */
  #keep(trial: StoredTrial, result: ReceivedResult, tries: number): void {
    try {
      this.#options.finish(trial, result);
    } catch (error) {
      const { failure } = asWorkbenchError(error);
      if (tries > 1 && (failure.kind === 'conflict' || failure.kind === 'storage') && !this.#closed) {
        this.#options.onLog(trial.id, 'warning', `The result could not be stored yet: ${failure.message}`);
        setTimeout(() => {
          this.#keep(trial, result, tries - 1);
          this.#options.onTrial(trial.id);
          this.pump();
        }, STORE_PAUSE_MS);
        return;
      }
      this.#fail(trial, { kind: failure.kind === 'internal' ? 'internal' : 'storage', message: `The trial finished, but its result could not be stored: ${failure.message}`, details: failure.details ?? '', attempts: trial.attempts });
      return;
    }
    this.estimates.learn(trial.suite, trial.method, trial.backend, result.cost.seconds);
    this.#progress.delete(trial.id);
    this.clearCheckpoint(trial.id);
    for (const id of this.#store.neededBy(trial.id)) {
      if (this.#queue.has(id) && this.#queue.get(id)?.needs.every((needed) => this.#isDone(needed)) === true) {
        this.#store.setState(id, 'queued');
        this.#options.onTrial(id);
      }
    }
  }

  #fail(trial: StoredTrial, failure: StoredFailure): void {
    this.#store.setState(trial.id, 'failed', { failure, finishedAt: this.#options.now(), progress: this.#progress.get(trial.id) ?? null });
    this.#progress.delete(trial.id);
    this.#options.onLog(trial.id, 'error', failure.message);
    this.#options.onTrial(trial.id);
    for (const id of this.#store.neededBy(trial.id)) {
      const dependant = this.#store.trial(id);
      if (dependant === null || !['queued', 'waiting', 'paused'].includes(dependant.state)) continue;
      this.#queue.delete(id);
      this.#fail(dependant, { kind: 'dependency', message: `It needs what ${trial.method} on ${trial.suite}, seed ${trial.seed}, makes, and that trial failed: ${failure.message}`, details: '', attempts: 0 });
    }
  }

  #isDone(id: string): boolean {
    return this.#store.trial(id)?.state === 'done';
  }
}
