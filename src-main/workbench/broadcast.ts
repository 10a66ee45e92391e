import type { ResultsStore } from '../results/store.ts';
import type { WorkbenchEvent } from './contract.ts';

type Listener = (event: WorkbenchEvent) => void;
export type LogLevel = 'info' | 'warning' | 'error';

/** Events to everybody who listens, and the log that is kept beside them. */
export class Broadcast {
  /** What a person should know about the data folder and the own methods; every subscriber hears it first. */
  readonly notices: string[] = [];
  readonly #store: ResultsStore;
  readonly #now: () => number;
  readonly #listeners = new Set<Listener>();

  constructor(store: ResultsStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    queueMicrotask(() => {
      for (const message of this.notices)
        if (this.#listeners.has(listener))
          tellOne(listener, { kind: 'log', trial: null, at: this.#now(), level: 'warning', message });
    });
    return () => {
      this.#listeners.delete(listener);
    };
  }

  tell(event: WorkbenchEvent): void {
    for (const listener of this.#listeners) tellOne(listener, event);
  }

  log(trial: string | null, level: LogLevel, message: string): void {
    const at = this.#now();
    this.tell({ kind: 'log', trial, at, level, message });
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
