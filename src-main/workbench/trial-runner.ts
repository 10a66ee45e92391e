import { StorageError } from '../results/errors.ts';
import { trialIn } from '../results/identity.ts';
import { STATE_FACTS } from '../results/states.ts';
import type { ResultsStore } from '../results/store.ts';
import { identityOf } from '../results/trial-rows.ts';
import type { StoredProgress, StoredTrial } from '../results/types.ts';
import { Estimates, kindKey } from './estimates.ts';
import { shareDevice } from './hosts/machine.ts';
import type { TrialRunnerOptions } from './trial-runner-options.ts';
import { artefactsOf } from './artefacts.ts';
import { adoptFormerCheckpoints, checkpointFile, clearCheckpoint } from './checkpoint-files.ts';
import { Settlement, told } from './settlement.ts';
import { remembered } from '../base/remembered.ts';
import { chooseNext, ENDING_TRIALS } from './scheduler.ts';
import type { QueuedTrial } from './scheduler.ts';
import type { LiveTrial } from './summaries.ts';
import { LocalHost } from './hosts/local.ts';
import type { BackendFacts, TrialOutcome, WorkerReport, TrialHost } from './hosts/host.ts';
import { TakingUp } from './taking-up.ts';
import { notStored, TrialEndings } from './trial-endings.ts';
import { TrialQueue } from './trial-queue.ts';
import type { Ending } from './trial-endings.ts';

/** Keeps the workers busy with the queue: starts trials, follows them, and settles what becomes of each. */
export class TrialRunner {
  readonly estimates: Estimates;
  readonly #options: TrialRunnerOptions;
  readonly #store: ResultsStore;
  readonly #host: TrialHost;
  readonly #queue = new TrialQueue();
  /** Trials that a worker has, as they were stored when they were started: reports come several times a second. */
  readonly #running = new Map<string, StoredTrial>();
  readonly #progress = new Map<string, StoredProgress>();
  /** What running trials do before their first step. */
  readonly #phases = new Map<string, string>();
  readonly #endings: TrialEndings;
  readonly #takingUp: TakingUp;
  /** Trials that a person wants stopped, and how their worker's answer is to be understood. */
  readonly #stopping = new Map<string, 'pause' | 'cancel'>();
  readonly #settlement: Settlement<Ending>;
  #closed = false;
  #pumping = false;

  constructor(options: TrialRunnerOptions) {
    this.#options = options;
    this.#store = options.store;
    this.estimates = new Estimates(options.store.durations());
    this.#settlement = new Settlement<Ending>({
      become: (id, ending) => this.#endings.become(id, ending),
      tell: (id) => options.onTrial(id),
      describe: (id, { outcome }, why) =>
        outcome.kind === 'done' || outcome.kind === 'diverged'
          ? `${this.#options.nameOf(id)} finished, but its result could not be stored yet: ${why} It is kept ` +
            'in memory and stored as soon as that works; until then no further trial is started.'
          : `What became of ${this.#options.nameOf(id)} could not be stored yet: ${why} It is tried again; ` +
            'until then no further trial is started.',
      giveUp: (id, ending, error) => this.#giveUp(id, ending, error),
      resume: () => this.pump(),
      log: (trial, level, message) => options.onLog(trial, level, message),
    });
    this.#host = new LocalHost({
      entry: options.workerEntry,
      dataFolder: options.dataFolder,
      ...(options.execPath === undefined ? {} : { execPath: options.execPath }),
      ...(options.times === undefined ? {} : { times: options.times }),
      giveWay: options.giveWay ?? false,
      capacity: options.capacity,
      news: {
        onReport: (report) => this.#report(report),
        onOutcome: (trial, outcome) => this.#settle(trial, outcome),
      },
    });
    this.#takingUp = new TakingUp({
      store: options.store,
      queue: this.#queue,
      renewed: options.renewed,
      enqueue: (trials, from) => this.enqueue(trials, from),
      onStudy: options.onStudy,
      isClosed: () => this.#closed,
    });
    this.#endings = new TrialEndings({
      store: options.store,
      estimates: this.estimates,
      queue: this.#queue,
      progress: this.#progress,
      finish: options.finish,
      diverged: options.diverged,
      enqueue: (trials) => this.enqueue(trials),
      takeUp: (trials) => void this.takeUp(trials),
      clearCheckpoint: (trial) => this.clearCheckpoint(trial),
      tell: (trial) => this.#tell(trial),
      log: options.onLog,
      isClosed: () => this.#closed,
      now: options.now,
    });
  }

  /**
   * Takes up what a Workbench before this one left: trials that were running are queued again and resume from their
   * checkpoints. Without `run` the queue stays as it is, for a command that only looks something up. `ready`: what is
   * waited for before anything is queued.
   */
  async recover(run: boolean, ready: Promise<void>): Promise<void> {
    adoptFormerCheckpoints(this.#options.dataFolder, this.#store);
    for (const trial of this.#store.trialsInState('running')) {
      const wanted = this.#store.studiesOf(trial.id).some(({ intent }) => intent === 'run');
      this.#store.setState(trial.id, wanted ? 'queued' : 'paused');
      this.#options.onLog(
        trial.id,
        'info',
        'Touchstone was closed while this trial ran; it goes on from its last checkpoint.',
      );
    }
    await ready;
    if (run) await this.#takingUp.all();
  }

  /** Puts trials into the queue that were asked for before: as this program would compute them now. */
  readonly takeUp: TakingUp['some'] = (...of) => this.#takingUp.some(...of);
  /** Looks again at all that waits: something has changed that trials are computed with. */
  readonly renewQueue: TakingUp['again'] = () => this.#takingUp.again();

  /** What a backend is, opened in as many workers as `trials` to come will have, at least one. */
  facts(backend: string, trials: number): Promise<BackendFacts> {
    return this.#host.facts(backend, trials);
  }

  progressOf(trial: string): StoredProgress | null {
    return this.#progress.get(trial) ?? null;
  }

  liveOf(trial: string): LiveTrial {
    return { progress: this.progressOf(trial), phase: this.#phases.get(trial) ?? null };
  }

  pidOf(trial: string): number | null {
    return this.#host.pidOf(trial);
  }

  /** Puts trials into the queue as `queued`, or `waiting` while an artefact is missing. */
  enqueue(trials: readonly StoredTrial[], from = 0): void {
    const rounds = new Map<string, number>();
    trials.forEach((trial, index) => {
      const needs = this.#store.needs(trial.id);
      if (this.#endings.blocked(trial, needs)) return;
      const ids = [...new Set(Object.values(needs).map(trialIn))];
      const missing = ids.filter((id) => !this.#isDone(id));
      const state = missing.length === 0 ? 'queued' : 'waiting';
      if (trial.state !== state) this.#store.setState(trial.id, state);
      const neededBy = this.#store.neededBy(trial.id);
      const queued = {
        id: trial.id,
        suite: trial.suite,
        method: trial.method,
        configuration: trial.configuration,
        backend: trial.backend,
        needs: ids,
        needed: neededBy.length > 0,
        askedAt: trial.createdAt,
        round: this.#roundOf(trial, neededBy, rounds),
        position: from + index,
      };
      this.#queue.add(queued, missing);
    });
    this.pump();
  }

  /** The seed of a trial; of one that others wait for the lowest of theirs, for which it is wanted first. */
  #roundOf(
    { id, seed }: Pick<StoredTrial, 'id' | 'seed'>,
    neededBy: readonly string[],
    known: Map<string, number>,
  ): number {
    if (neededBy.length === 0) return seed;
    return remembered(known, id, () => {
      const waiting = neededBy.flatMap((other) => this.#store.trial(other) ?? []);
      return Math.min(
        ...waiting.map((other) => this.#roundOf(other, this.#store.neededBy(other.id), known)),
        ...(waiting.length === 0 ? [seed] : []),
      );
    });
  }

  /**
   * Takes trials out of the queue; running ones are asked to stop. Their states are set here, except of those that
   * write a checkpoint.
   */
  stop(trials: readonly StoredTrial[], how: 'pause' | 'cancel'): void {
    for (const trial of trials) this.#stop(trial, how);
    this.pump();
  }

  /** Lets nothing start that was asked for at these times, until the answer is called. */
  hold(times: readonly number[]): () => void {
    const release = this.#queue.hold(times);
    return () => {
      release();
      this.pump();
    };
  }

  /** Starts as many trials as there are places. */
  pump(): void {
    // Events that a start causes may ask for another pump; one loop at a time is enough. What can't be stored need not
    // be computed yet.
    if (this.#closed || this.#pumping || this.#settlement.blocked || this.#store.readOnly !== null) return;
    this.#pumping = true;
    try {
      for (;;) {
        const next = this.#next();
        if (next === null) return;
        this.#queue.delete(next.id);
        try {
          this.#start(next);
        } catch (error) {
          this.#queue.add(next, []);
          if (!(error instanceof StorageError)) throw error;
          this.#settlement.wait(`No further trial can be started: ${told(error)}`);
          return;
        }
      }
    } finally {
      this.#pumping = false;
    }
  }

  #next(): QueuedTrial | null {
    const busy = new Set(this.#host.busy);
    const free = (backend: string): number => this.#host.room(backend).free;
    const capacity = (backend: string): number => this.#host.room(backend).places;
    const kinds = [...this.#running.values()].map(kindKey);
    const backends = this.#queue.backends.filter((backend) => free(backend) > 0);
    const enough = ENDING_TRIALS * Math.max(0, ...backends.map(capacity));
    for (;;) {
      const next = chooseNext(
        this.#queue.contenders(backends, enough, (id) => !busy.has(id)),
        {
          free,
          estimates: this.estimates,
          warmth: (kind) => this.#host.warmth(kind),
          running: (kind) => kinds.filter((each) => each === kind).length,
          workers: (backend) => ({ count: capacity(backend), left: this.#secondsLeftOn(backend) }),
        },
      );
      // An artefact that was there may have been lost since.
      const missing = next === null ? [] : next.needs.filter((needed) => !this.#isDone(needed));
      if (next === null || missing.length === 0) return next;
      this.#queue.add(next, missing);
    }
  }

  /** Of each trial that runs on the device of a backend; null where nobody knows. */
  #secondsLeftOn(backend: string): (number | null)[] {
    return [...this.#running.values()].flatMap((trial) =>
      shareDevice(trial.backend, backend) ? [this.estimates.left(trial, this.#progress.get(trial.id)?.eta)] : [],
    );
  }

  /**
   * Lets running trials write a last checkpoint (`graceful`) or not, and ends all workers. They resume at the next
   * start.
   */
  async close(graceful: boolean, patienceMs = 10_000): Promise<void> {
    this.#closed = true;
    if (graceful) {
      for (const id of this.#host.busy) this.#host.wish(id, 'pause');
      const until = this.#options.now() + patienceMs;
      while (this.#host.busy.length > 0 && this.#options.now() < until)
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await this.#host.close();
    for (const id of this.#settlement.close())
      this.#options.onLog(
        id,
        'warning',
        `${this.#options.nameOf(id)} ended, but what became of it could not be stored: it goes on from ` +
          'its last checkpoint at the next start.',
      );
  }

  clearCheckpoint(trial: string): void {
    clearCheckpoint(this.#options.dataFolder, trial);
  }

  #start(queued: QueuedTrial): void {
    const { id, backend } = queued;
    const trial = this.#store.trial(id);
    if (trial === null) return;
    const artefacts = artefactsOf(this.#store, this.#options.suites, id);
    if (typeof artefacts === 'string') {
      this.#endings.fail(trial, { kind: 'dependency', message: artefacts, details: '', attempts: trial.attempts });
      return;
    }
    const started = {
      startedAt: trial.startedAt ?? this.#options.now(),
      attempts: Math.max(1, trial.attempts),
      failure: null,
    };
    this.#store.setState(id, 'running', started);
    this.#running.set(id, { ...trial, ...started, state: 'running' });
    this.#phases.set(id, 'starting a worker');
    const order = {
      trial: id,
      identity: identityOf(trial, this.#store.needs(id)),
      isKept: true,
      checkpoint: checkpointFile(this.#options.dataFolder, id),
      checkpointEvery: this.#options.checkpointEvery,
      artefacts,
      workers: Math.max(1, this.#host.busy.length + 1),
      own: this.#options.ownFilesOf(trial),
    };
    this.#host.run(backend, [{ order, kind: kindKey(queued) }]);
    this.#tell(id);
  }

  #stop({ id, state }: StoredTrial, how: 'pause' | 'cancel'): void {
    const target = how === 'pause' ? 'paused' : 'cancelled';
    this.#queue.delete(id);
    if (this.#host.busy.includes(id)) {
      this.#stopping.set(id, how);
      this.#host.wish(id, how);
      // A pause is over when the checkpoint is written; a cancel at once, whatever the worker still does.
      if (how === 'pause') return;
    }
    if (this.#settlement.has(id)) {
      // It has ended already and only waits to be stored.
      if (how === 'pause') return;
      this.#settlement.forget(id);
    }
    if (!STATE_FACTS[state].open || (how === 'pause' && state === 'paused')) return;
    this.#store.setState(id, target, how === 'cancel' ? { finishedAt: this.#options.now() } : {});
    if (how === 'cancel') this.clearCheckpoint(id);
    this.#tell(id);
  }

  #report(report: WorkerReport): void {
    switch (report.kind) {
      case 'progress': {
        const trial = this.#running.get(report.trial);
        if (trial === undefined) return;
        const { done, total, rate, eta } = report;
        const progress = {
          done,
          total,
          rate,
          eta,
          metrics: Object.fromEntries(Object.entries(report.metrics).filter(([, value]) => Number.isFinite(value))),
        };
        this.#progress.set(trial.id, progress);
        if (done > 0) this.#phases.delete(trial.id);
        // Until the first of its kind has finished, what a running trial promises is the best that is known about the
        // others.
        if (eta !== null && done < total) this.estimates.promise(trial, (eta * total) / (total - done));
        this.#tell(trial.id, () => this.#options.onProgress(trial, this.liveOf(trial.id)));
        return;
      }
      case 'phase': {
        const trial = this.#running.get(report.trial);
        if (trial === undefined) return;
        this.#phases.set(trial.id, report.phase);
        this.#tell(trial.id, () => this.#options.onProgress(trial, this.liveOf(trial.id)));
        return;
      }
      case 'curve-point':
        if (Number.isFinite(report.y)) this.#options.onCurvePoint({ places: {}, ...report });
        return;
      case 'log':
        this.#options.onLog(report.trial, report.level, report.message);
        return;
      case 'checkpoint':
        return;
    }
  }

  #settle(id: string, outcome: TrialOutcome): void {
    const ending: Ending = { outcome, wish: this.#stopping.get(id) };
    this.#stopping.delete(id);
    this.#running.delete(id);
    this.#phases.delete(id);
    this.#settlement.settle(id, ending);
    if (this.#closed) return;
    this.#tell(id);
    this.pump();
  }

  /** Something other than the data folder keeps an ending from being stored, for minutes: a fault of the program. */
  #giveUp(id: string, { outcome }: Ending, error: unknown): void {
    const trial = this.#store.trial(id);
    if (trial !== null) this.#endings.fail(trial, notStored(trial, outcome, error));
  }

  #tell(id: string, tell?: () => void): void {
    this.#settlement.tell(id, tell);
  }

  #isDone(id: string): boolean {
    return this.#store.trial(id)?.state === 'done';
  }
}
