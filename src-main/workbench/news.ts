import { Slices } from '../base/slices.ts';
import { StorageError } from '../results/errors.ts';
import type { ResultsStore } from '../results/store.ts';
import type { StoredStudy, StoredTrial, TrialRole } from '../results/types.ts';
import type { Broadcast } from './broadcast.ts';
import type { Configurations } from './configurations.ts';
import type { StudySummary, TrialSummary } from './contract/contract.ts';
import { findStudy, findTrial } from './look-up.ts';
import { openTrials, studySummaryOf, trialSummaryOf } from './summaries.ts';
import type { LiveTrial } from './summaries.ts';
import type { TrialRunner } from './trial-runner.ts';
import { asWorkbenchError } from './wire.ts';

/** Between two rounds of telling how studies stand that changed by themselves. */
const TOLD_EVERY_MS = 100;
/** The same while a whole study is stopped or taken up. */
const TOLD_EVERY_MS_OF_MANY = 1_000;
/** Trials that are counted between two looks at what else is to do. */
const COUNTED_AT_ONCE = 2_000;

export interface NewsParts {
  readonly store: ResultsStore;
  readonly runner: TrialRunner;
  readonly configurations: Configurations;
  readonly broadcast: Broadcast;
  /** Places on a backend. */
  readonly capacity: (backend: string) => number;
  readonly now: () => number;
  /**
   * Studies that this Workbench runs: all where it goes on with everything, else those that were asked for since it was
   * opened.
   */
  readonly takenUp: ReadonlySet<string>;
  /** Whether more of a study is to be planned, of which nothing is open; begins with it. */
  readonly goesOn: (study: StoredStudy) => boolean;
}

/** How studies and trials stand, for whoever asks and for whoever listens. */
export class News {
  readonly #parts: NewsParts;
  readonly #untoldStudies = new Set<string>();
  readonly #lastStates = new Map<string, string>();
  #toldAt = Number.NEGATIVE_INFINITY;
  #bulks = 0;
  #counting: Promise<void> | null = null;
  #closed = false;

  constructor(parts: NewsParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when the trials of all studies are counted: until then the first summary of a large study takes a while.
   */
  counted(): Promise<void> {
    return (this.#counting ??= this.#count());
  }

  async #count(): Promise<void> {
    const slices = new Slices();
    while (!this.#closed && this.#parts.store.countTrials(COUNTED_AT_ONCE)) await slices.pause();
  }

  summary(study: StoredStudy): StudySummary {
    const { store, runner, capacity, takenUp } = this.#parts;
    return studySummaryOf(
      study,
      store,
      runner.estimates,
      (trial) => runner.progressOf(trial),
      capacity(study.backend),
      takenUp.has(study.id),
    );
  }

  trialSummary(id: string): TrialSummary {
    const { store, runner } = this.#parts;
    return this.#summaryOf(findTrial(store, id), this.roleOf(id), runner.liveOf(id));
  }

  roleOf(trial: string): TrialRole {
    return roleIn(this.#parts.store.studiesOf(trial));
  }

  /** Tells how a study stands, and answers it. */
  study(id: string): StudySummary {
    const study = this.summary(findStudy(this.#parts.store, id));
    this.#forecast(study);
    this.#parts.broadcast.tell({ kind: 'study', study });
    return study;
  }

  /** Tells of a trial, and of its studies where the trial has another state than was told last. */
  trial(id: string): void {
    const { store, runner } = this.#parts;
    const trial = store.trial(id);
    if (trial === null) return;
    const studies = this.progress(trial, runner.liveOf(id));
    // Studies change when a trial changes its state, not at every step.
    if (this.#lastStates.get(id) === trial.state) return;
    for (const study of studies) {
      this.settleStudy(study);
      this.#studySoon(study);
    }
    this.#lastStates.set(id, trial.state);
  }

  /** Tells how a trial stands; answers the studies that hold it. */
  progress(trial: StoredTrial, live: LiveTrial): string[] {
    const holders = this.#parts.store.studiesOf(trial.id);
    const studies = holders.map(({ id }) => id);
    this.#parts.broadcast.tell({ kind: 'trial', trial: this.#summaryOf(trial, roleIn(holders), live), studies });
    return studies;
  }

  #summaryOf(trial: StoredTrial, role: TrialRole, live: LiveTrial): TrialSummary {
    return trialSummaryOf(trial, this.#parts.configurations.rowOf(trial).key, role, live);
  }

  /** Does something that changes many trials: meanwhile it is told seldom how their studies stand. */
  async ofMany<T>(work: () => Promise<T>): Promise<T> {
    this.#bulks += 1;
    try {
      return await work();
    } finally {
      this.#bulks -= 1;
    }
  }

  /** Notes when the last trial of a study has ended. */
  settleStudy(id: string): void {
    const { store, now } = this.#parts;
    const study = store.study(id);
    if (study === null || study.intent === 'cancel') return;
    const open = store.isStudyOpen(id) || this.#parts.goesOn(study);
    if (open === (study.finishedAt === null)) return;
    const at = now();
    store.setStudy(id, { finishedAt: open ? null : at });
    if (!open) store.judgeForecasts(id, at);
  }

  /** Tells what is still to be told of studies; after it nothing is told of them any more. */
  close(): void {
    this.#tellStudies();
    this.#closed = true;
  }

  /** Keeps what is said about the time left at the start and at half of the work, so that its error can be measured. */
  #forecast({ id, state, eta, counts }: StudySummary): void {
    if (state !== 'running' || eta === null) return;
    const { store, now } = this.#parts;
    const [start, half] = store.forecasts(id);
    const open = openTrials(counts);
    const mark = start === undefined ? 'start' : half === undefined && open <= start.open / 2 ? 'half' : null;
    if (mark === null) return;
    try {
      store.addForecast(id, { mark, madeAt: now(), open, predicted: eta });
    } catch (error) {
      // A full disk is told where it matters; the next change of the study tries again.
      if (!(error instanceof StorageError)) throw error;
    }
  }

  /**
   * Tells once of many changes at a time, and not all the time: cancelling ten thousand trials is one change of their
   * study.
   */
  #studySoon(id: string): void {
    if (this.#untoldStudies.size === 0) {
      const every = this.#bulks > 0 ? TOLD_EVERY_MS_OF_MANY : TOLD_EVERY_MS;
      const wait = this.#toldAt + every - performance.now();
      if (wait > 0) setTimeout(() => this.#tellStudies(), wait).unref();
      else setImmediate(() => this.#tellStudies());
    }
    this.#untoldStudies.add(id);
  }

  #tellStudies(): void {
    this.#toldAt = performance.now();
    const ids = [...this.#untoldStudies];
    this.#untoldStudies.clear();
    if (this.#closed) return;
    for (const id of ids) {
      try {
        if (this.#parts.store.study(id) !== null) this.study(id);
      } catch (error) {
        const { message } = asWorkbenchError(error);
        this.#parts.broadcast.studyLog(id, 'warning', `The state of the study could not be read: ${message}`);
      }
    }
  }
}

/** What a trial is to the studies that hold it: a cell where it is one of any. */
function roleIn(studies: readonly { readonly role: TrialRole }[]): TrialRole {
  return studies.length > 0 && studies.every(({ role }) => role === 'artefact') ? 'artefact' : 'cell';
}
