import type { ResultsStore } from '../results/store.ts';
import type { WorkbenchEvent } from './contract/contract.ts';

type Listener = (event: WorkbenchEvent) => void;
export type LogLevel = 'info' | 'warning' | 'error';

/** What a line about a trial says of it, and whose log it belongs to. */
export type TrialSubject = Pick<Extract<WorkbenchEvent, { kind: 'log' }>, 'about' | 'studies'>;

const FOLDER: Pick<Extract<WorkbenchEvent, { kind: 'log' }>, 'kind' | 'trial' | 'about' | 'studies'> = {
  kind: 'log',
  trial: null,
  about: '',
  studies: [],
};

/** Events to everybody who listens, and the log that is kept beside them. */
export class Broadcast {
  /** What a person should know about the data folder and the own methods; every subscriber hears it first. */
  readonly notices: string[] = [];
  readonly #store: ResultsStore;
  readonly #now: () => number;
  readonly #subjectOf: (trial: string) => TrialSubject;
  readonly #listeners = new Set<Listener>();

  constructor(store: ResultsStore, now: () => number, subjectOf: (trial: string) => TrialSubject) {
    this.#store = store;
    this.#subjectOf = subjectOf;
    this.#now = now;
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    queueMicrotask(() => {
      for (const message of this.notices)
        if (this.#listeners.has(listener)) tellOne(listener, { ...FOLDER, at: this.#now(), level: 'warning', message });
    });
    return () => {
      this.#listeners.delete(listener);
    };
  }

  tell(event: WorkbenchEvent): void {
    for (const listener of this.#listeners) tellOne(listener, event);
  }

  /** A line about a trial, in the log of its studies. */
  trialLog(trial: string, level: LogLevel, message: string): void {
    this.#log({ kind: 'log', trial, ...this.#subjectOf(trial) }, level, message);
  }

  /** A line about one study, in its log only. */
  studyLog(study: string, level: LogLevel, message: string): void {
    this.#log({ ...FOLDER, studies: [study] }, level, message);
  }

  /** A line about the whole data folder, which every shell shows wherever a person looks. */
  folderLog(level: LogLevel, message: string): void {
    this.#log(FOLDER, level, message);
  }

  #log(subject: typeof FOLDER, level: LogLevel, message: string): void {
    const at = this.#now();
    this.tell({ ...subject, at, level, message });
    const { trial } = subject;
    if (this.#store.readOnly !== null) return;
    try {
      this.#store.log(trial, { at, level, message });
    } catch {
      // The line was shown; a database in trouble says so by itself where it matters.
    }
  }
}

/** A shell that fails to show something must not stop what runs. */
function tellOne(listener: Listener, event: WorkbenchEvent): void {
  try {
    listener(event);
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`A listener failed on an event of kind ${event.kind}: ${why}\n`);
  }
}
