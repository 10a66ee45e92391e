import type { WorkbenchEvent } from '../workbench/contract/contract.ts';

/**
 * Log lines and curve points kept for a reader that is too slow; older ones are dropped, the interface reads them again
 * from the Workbench.
 */
const STREAM_LIMIT = 2_000;

/** What a newer event makes superfluous: only the latest state of a trial, a study or a download is worth sending. */
function supersedes(event: WorkbenchEvent): string | null {
  switch (event.kind) {
    case 'trial':
      return `trial:${event.trial.id}`;
    case 'study':
      return `study:${event.study.id}`;
    case 'study-deleted':
      return `study:${event.id}`;
    case 'trials-gone':
      return `gone:${event.ids[0] ?? ''}`;
    case 'data':
      return `data:${event.dataset}`;
    case 'planning':
      return `planning:${event.study}`;
    case 'workbench':
    case 'merge':
    case 'catalogue':
      return event.kind;
    case 'log':
    case 'curve-point':
      return null;
  }
}

/**
 * Events that wait for a slow reader. Bounded: states replace their older selves (and move to the end), streams lose
 * their oldest entries. So a browser behind a slow tunnel costs little memory and is never far behind.
 */
export class EventQueue {
  readonly #states = new Map<string, WorkbenchEvent>();
  #streams: WorkbenchEvent[] = [];

  get size(): number {
    return this.#states.size + this.#streams.length;
  }

  push(event: WorkbenchEvent): void {
    const key = supersedes(event);
    if (key === null) {
      this.#streams.push(event);
      if (this.#streams.length > STREAM_LIMIT) this.#streams = this.#streams.slice(-STREAM_LIMIT / 2);
      return;
    }
    this.#states.delete(key);
    this.#states.set(key, event);
  }

  /** The next event, or undefined; states before streams. */
  shift(): WorkbenchEvent | undefined {
    const first = this.#states.entries().next();
    if (!first.done) {
      this.#states.delete(first.value[0]);
      return first.value[1];
    }
    return this.#streams.shift();
  }

  clear(): void {
    this.#states.clear();
    this.#streams = [];
  }
}
