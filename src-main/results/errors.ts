import { errorCode } from '../base/files.ts';
import { LockLost } from '../base/lock.ts';

export type StorageProblem = 'locked' | 'lost' | 'read-only' | 'corrupt' | 'full' | 'newer' | 'unreadable';

/** A fault of the data folder that a person can act on. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly problem: StorageProblem;
  readonly remedy: string;

  constructor(problem: StorageProblem, message: string, remedy: string, cause?: unknown) {
    super(message, { cause });
    this.problem = problem;
    this.remedy = remedy;
  }
}

/** SQLite's primary result code of an error of node:sqlite, or null. */
export function sqliteCode(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : null;
}

const SQLITE = { busy: 5, locked: 6, readonly: 8, ioerr: 10, corrupt: 11, full: 13, cantopen: 14, notadb: 26 } as const;

/** SQLite's codes for statements that are wrong: error, constraint, mismatch, misuse, range. */
const STATEMENT_FAULTS = new Set([1, 19, 20, 21, 25]);

/**
 * Turns an error of SQLite or of the file system into a StorageError where it is one; anything else comes back as it
 * is.
 */
export function storageError(error: unknown, path: string): unknown {
  if (error instanceof StorageError) return error;
  if (error instanceof LockLost)
    return new StorageError(
      'lost',
      `Another Touchstone holds the data folder now: ${error.message}`,
      'Close this one and start it again; what it had not stored yet is computed again.',
      error,
    );
  const code = sqliteCode(error);
  const system = errorCode(error);
  const reason = error instanceof Error ? error.message : String(error);
  if (code === SQLITE.busy || code === SQLITE.locked) {
    return new StorageError(
      'locked',
      `The results database ${path} is locked by another program.`,
      'Close the program that has it open (a database browser, a backup) and try again.',
      error,
    );
  }
  if (code === SQLITE.readonly || system === 'EACCES' || system === 'EPERM' || system === 'EROFS') {
    return new StorageError(
      'read-only',
      `The results database ${path} cannot be written (${reason}).`,
      'Give yourself write permission on the data folder, or choose another one with TOUCHSTONE_DATA.',
      error,
    );
  }
  if (code === SQLITE.full || system === 'ENOSPC' || system === 'EDQUOT') {
    return new StorageError(
      'full',
      `The disk that holds ${path} is full.`,
      'Free some space; nothing that was stored before is lost.',
      error,
    );
  }
  if (code === SQLITE.corrupt || code === SQLITE.notadb) {
    return new StorageError(
      'corrupt',
      `The results database ${path} is damaged (${reason}).`,
      'Start Touchstone again: it puts the damaged file aside and goes on with the last good copy.',
      error,
    );
  }
  if (code === SQLITE.cantopen || code === SQLITE.ioerr) {
    return new StorageError(
      'unreadable',
      `The results database ${path} could not be opened (${reason}).`,
      'Check that the data folder exists, is on a working disk and belongs to you.',
      error,
    );
  }
  // Too many open files, a broken disk: whatever the system says, except about a statement of ours.
  const isOurs = code === null ? system === null || !/^E[A-Z0-9]+$/.test(system) : STATEMENT_FAULTS.has(code);
  if (!isOurs) {
    return new StorageError(
      'unreadable',
      `The data folder of ${path} could not be read or written (${reason}).`,
      'It is tried again where something waits to be stored; if it stays so, restart Touchstone and look at the disk.',
      error,
    );
  }
  return error;
}

/** Rows of the database that cannot be read any more. */
export function damagedRows(message: string, cause: unknown): StorageError {
  return new StorageError(
    'corrupt',
    message,
    'Start Touchstone again: a database that is damaged is put aside, and the last good copy takes its place.',
    cause,
  );
}
