import type { BlobStore } from './blobs.ts';
import { refreshCells } from './cells.ts';
import type { OpenDatabase } from './database.ts';
import { StorageError, storageError } from './errors.ts';
import { DAMAGED_ROWS, isIntact, markDamaged, seal } from './seals.ts';
import { Statements } from './rows.ts';

/** What every part of the store works through: the open database, the blobs, and the two ways to write. */
export class Connection {
  readonly sql: Statements;
  readonly blobs: BlobStore;
  readonly readOnly: string | null;
  readonly #path: string;
  readonly #check: () => void;
  /** Trials that were sealed in the present transaction: they need no check when their cell is filled. */
  readonly #sealed = new Set<number>();
  #changed = false;

  /** `check` is called before every write and throws when this process may not write any more. */
  constructor({ database, path, readOnly }: OpenDatabase, blobs: BlobStore, check: () => void) {
    this.sql = new Statements(database);
    this.blobs = blobs;
    this.readOnly = readOnly;
    this.#path = path;
    this.#check = check;
  }

  /** Whether results were changed since the database was opened. */
  get changed(): boolean {
    return this.#changed;
  }

  /** A change of results: all or nothing, and the cells that it touches are filled again with it. */
  change<T>(work: () => T): T {
    this.#changed = true;
    return this.write(() => {
      if (this.sql.inTransaction) return work();
      return this.sql.transaction(() => {
        this.#sealed.clear();
        const answer = work();
        refreshCells(this.sql, this.#sealed);
        return answer;
      });
    });
  }

  /** Seals a finished trial; within a `change`. */
  seal(trial: number): void {
    seal(this.sql, trial);
    this.#sealed.add(trial);
  }

  /** Changes what a finished trial measured, within a `change`; one that is damaged is not sealed anew but marked. */
  amend(trial: number, work: () => void): void {
    if (!this.#sealed.has(trial) && !isIntact(this.sql, trial)) return markDamaged(this.sql, trial, DAMAGED_ROWS);
    work();
    this.seal(trial);
  }

  /** Throws StorageError, also where nothing can be written. */
  write<T>(work: () => T): T {
    if (this.readOnly !== null)
      throw new StorageError(
        'read-only',
        this.readOnly,
        'Give yourself write permission on the data folder, or choose another one with TOUCHSTONE_DATA.',
      );
    return this.guard(() => {
      // Once for a transaction: it is one write.
      if (!this.sql.inTransaction) this.#check();
      return work();
    });
  }

  /** Faults of the database and the disk as StorageError. */
  guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storageError(error, this.#path);
    }
  }
}
