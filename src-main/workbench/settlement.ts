import { StorageError } from '../results/errors.ts';
import { asWorkbenchError } from './wire.ts';

/** First pause before something that could not be stored is tried again; it doubles up to the longest. */
const PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;
/**
 * A fault that is not the data folder's stays, most likely: after so many tries (four minutes) the trial is given up.
 */
const TRIES = 12;

export interface SettlementOptions<Ending> {
  /** Stores what became of a trial; may be called again with the same ending after it threw. */
  readonly become: (id: string, ending: Ending) => void;
  /** Tells everybody the state of a trial. */
  readonly tell: (id: string) => void;
  /** The sentence about an ending that could not be stored. */
  readonly describe: (id: string, ending: Ending, why: string) => string;
  /** It was tried often enough. */
  readonly giveUp: (id: string, ending: Ending, error: unknown) => void;
  /** The data folder may be written again. */
  readonly resume: () => void;
  readonly log: (trial: string | null, level: 'info' | 'warning' | 'error', message: string) => void;
}

/**
 * Stores what becomes of trials. Whatever keeps that from being stored (a full disk, too many open files, a fault
 * nobody thought of), the ending stays in memory and is tried again after a growing pause.
 */
export class Settlement<Ending> {
  readonly #options: SettlementOptions<Ending>;
  readonly #pending = new Map<string, { readonly ending: Ending; readonly tries: number }>();
  /** Trials whose change nobody could be told of, because the database could not be written. */
  readonly #untold = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #pause = PAUSE_MS;
  #blocked = false;

  constructor(options: SettlementOptions<Ending>) {
    this.#options = options;
  }

  /** Whether the data folder could not be written: what can't be stored need not be computed yet. */
  get blocked(): boolean {
    return this.#blocked;
  }

  has(id: string): boolean {
    return this.#pending.has(id);
  }

  /** What became of the trial does not matter any more. */
  forget(id: string): void {
    this.#pending.delete(id);
  }

  /** Stores an ending, now or later; whether it is stored now. */
  settle(id: string, ending: Ending): boolean {
    const tries = (this.#pending.get(id)?.tries ?? 0) + 1;
    try {
      this.#options.become(id, ending);
      this.#pending.delete(id);
      return true;
    } catch (error) {
      if (!(error instanceof StorageError) && tries >= TRIES) {
        this.#pending.delete(id);
        this.#options.giveUp(id, ending, error);
        return true;
      }
      this.#pending.set(id, { ending, tries });
      const why = error instanceof StorageError ? told(error) : asWorkbenchError(error).message;
      const message = this.#options.describe(id, ending, why);
      if (error instanceof StorageError) this.wait(message);
      else {
        if (tries === 1) this.#options.log(id, 'warning', message);
        this.#schedule();
      }
      return false;
    }
  }

  /** Tells everybody, or remembers that nobody knows yet. Throws what is no fault of the data folder. */
  tell(id: string, tell = (): void => this.#options.tell(id)): void {
    try {
      tell();
      this.#untold.delete(id);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#untold.add(id);
      this.wait(`The state of a study could not be stored: ${told(error)}`);
    }
  }

  /** Says once what is wrong with the data folder, and waits until it can be written again. */
  wait(message: string): void {
    // About the whole data folder, so that every shell shows it wherever a person looks.
    if (!this.#blocked && this.#pause === PAUSE_MS) this.#options.log(null, 'warning', message);
    this.#blocked = true;
    this.#schedule();
  }

  /** Tries once more what is open, and no more after that. Answers what is lost to memory. */
  close(): string[] {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const open = [...this.#pending].filter(([id, { ending }]) => !this.settle(id, ending)).map(([id]) => id);
    if (this.#timer !== null) clearTimeout(this.#timer);
    return open;
  }

  #schedule(): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => this.#again(), this.#pause);
    this.#pause = Math.min(LONGEST_PAUSE_MS, 2 * this.#pause);
  }

  #again(): void {
    this.#timer = null;
    const wasBlocked = this.#blocked;
    this.#blocked = false;
    const endings = [...this.#pending];
    const stored = endings.filter(([id, { ending }]) => this.settle(id, ending));
    for (const id of new Set([...endings.map(([ended]) => ended), ...this.#untold])) this.tell(id);
    this.#options.resume();
    if (this.#timer !== null) return;
    this.#pause = PAUSE_MS;
    if (!wasBlocked) return;
    const results = stored.length > 0 ? '; the results that waited are stored' : '';
    this.#options.log(null, 'info', `The data folder can be written again${results}.`);
  }
}

export const told = (error: StorageError): string => `${error.message} ${error.remedy}`;
