import { chmodSync, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { numeric, numericOrNull } from './rows.ts';

const SQLITE_BUSY = 5;

const NAMES = ['results.good.sqlite', 'results.good.2.sqlite', 'results.good.3.sqlite'];
const DAY_MS = 86_400_000;
/** Pages that are copied before others get their turn: 400 kB. */
const PAGES_AT_ONCE = 100;

export interface GoodCopy {
  readonly path: string;
  readonly holds: number;
  readonly from: Date;
}

/** The last three copies of a data folder's database, newest first. */
export class GoodCopies {
  readonly #folder: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Those that can be read, newest first. */
  list(): GoodCopy[] {
    return NAMES.map((name) => join(this.#folder, name)).flatMap((path) => {
      if (!existsSync(path)) return [];
      const holds = holdingsOf(path);
      return holds === null ? [] : [{ path, holds, from: statSync(path).mtime }];
    });
  }

  /** Whether the newest is older than a day, or there is none. */
  isDue(now: number): boolean {
    const newest = join(this.#folder, NAMES[0] ?? '');
    return !existsSync(newest) || now - statSync(newest).mtimeMs > DAY_MS;
  }

  /**
   * Copies the database as the newest good copy, in steps beside everything else. Answers false, and changes nothing,
   * where an older copy holds more. Rejects with the fault of the disk.
   */
  keep(database: DatabaseSync): Promise<boolean> {
    const made = this.#last.then(() => this.#keep(database));
    this.#last = made.catch(() => undefined);
    return made;
  }

  async #keep(database: DatabaseSync): Promise<boolean> {
    const [newest = '', ...older] = NAMES.map((name) => join(this.#folder, name));
    const temporary = `${newest}.tmp`;
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(`${temporary}${suffix}`, { force: true });
    try {
      await backedUp(database, temporary);
      chmodSync(temporary, 0o600);
      const most = Math.max(0, ...this.list().map(({ holds }) => holds));
      const holds = holdingsOf(temporary);
      if (holds === null || holds < most) return false;
      let to = older.length;
      for (const path of [newest, ...older].toReversed().slice(1)) {
        to -= 1;
        if (existsSync(path)) renameSync(path, older[to] ?? '');
      }
      renameSync(temporary, newest);
      return true;
    } finally {
      rmSync(temporary, { force: true });
    }
  }
}

/**
 * How much a database holds, for comparing it with its copies: trials in any state, and those that were deleted on
 * purpose. It never becomes less in good order. A database without our tables holds nothing.
 */
export function holdings(database: DatabaseSync): number {
  const has = database.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name IN ('trials', 'settings')").get();
  if (has === undefined || numeric(has, 'n') < 2) return 0;
  const row = database
    .prepare(
      `SELECT (SELECT count(*) FROM trials) AS trials,
        (SELECT CAST(value AS INTEGER) FROM settings WHERE name = '${DELETED_TRIALS}') AS deleted`,
    )
    .get();
  return row === undefined ? 0 : numeric(row, 'trials') + (numericOrNull(row, 'deleted') ?? 0);
}

/** Name of the setting that counts deleted trials. */
export const DELETED_TRIALS = 'deleted-trials';

/** What a database file holds, null where it can't be read. Touches nothing, also no side files. */
export function holdingsOf(path: string): number | null {
  try {
    const database = new DatabaseSync(immutable(path), { readOnly: true });
    try {
      return holdings(database);
    } finally {
      database.close();
    }
  } catch {
    return null;
  }
}

/** A database that nobody changes meanwhile: opens without side files, also where none can be made. */
export function immutable(path: string): URL {
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  return url;
}

/** Whether stored arrays are there: a database without trials beside them is not new. */
export function hasBlobs(folder: string): boolean {
  const blobs = join(folder, 'blobs');
  if (!existsSync(blobs)) return false;
  return readdirSync(blobs, { withFileTypes: true }).some(
    (entry) => entry.isDirectory() && readdirSync(join(blobs, entry.name)).length > 0,
  );
}

/**
 * Copies the database in steps, as it is now. Where it has a write-ahead log, a second connection reads one moment of
 * it, whatever is written meanwhile. Elsewhere that would keep writers waiting: there a step that finds the database
 * busy ends `backup` with a code that says nothing (0, "not an error"), and the copy is begun again, a few times.
 */
async function backedUp(database: DatabaseSync, path: string): Promise<void> {
  const location = database.location();
  if (location === null || database.prepare('PRAGMA journal_mode').get()?.['journal_mode'] !== 'wal')
    return backedUpBeside(database, path);
  const moment = new DatabaseSync(location, { readOnly: true });
  try {
    moment.exec('BEGIN; SELECT count(*) FROM sqlite_schema');
    await backup(moment, path, { rate: PAGES_AT_ONCE });
  } finally {
    moment.close();
  }
}

async function backedUpBeside(database: DatabaseSync, path: string, attempts = 5): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await backup(database, path, { rate: PAGES_AT_ONCE });
      return;
    } catch (error) {
      const code = error instanceof Error && 'errcode' in error ? error.errcode : null;
      if (attempt === attempts || (code !== 0 && code !== SQLITE_BUSY)) throw error;
      for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    }
  }
}
