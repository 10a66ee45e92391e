import { accessSync, constants, existsSync, mkdtempSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makePrivateFile, makePrivateFolder } from '../base/files.ts';
import { isNetworkFileSystem } from '../base/file-system.ts';
import { StorageError, storageError } from './errors.ts';
import { migrate } from './migrate.ts';
import { GoodCopies, holdingsOf, immutable } from './good-copies.ts';
import { openBest } from './rescue.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { Migration } from './migrations/index.ts';

export const DATABASE_FILE = 'results.sqlite';
export interface OpenOptions {
  /** Whether files in the folder can be written; asked once. Tests answer for a read-only disk. */
  readonly writable?: (folder: string) => boolean;
  readonly migrations?: readonly Migration[];
  /** How long to wait for another program's lock. */
  readonly patienceMs?: number;
  readonly now?: () => number;
  /** Called before every write: throws when this process may not write any more (its lock was taken over). */
  readonly check?: () => void;
  /**
   * Given the connection once it is ready; tests limit its size there (`PRAGMA max_page_count`), which is a full disk
   * to SQLite.
   */
  readonly onOpen?: (database: DatabaseSync) => void;
}

export interface OpenDatabase {
  readonly database: DatabaseSync;
  readonly path: string;
  /** Why nothing can be written, or null. */
  readonly readOnly: string | null;
  /** What a person should know: a damaged file was put aside, a copy was used, the schema was upgraded. */
  readonly messages: readonly string[];
  close(): void;
}

export function journalModeFor(fileSystemType: number): 'WAL' | 'DELETE' {
  return isNetworkFileSystem(fileSystemType) ? 'DELETE' : 'WAL';
}

/**
 * Opens (or makes) the results database of a data folder and brings its schema up to date, with a backup before. A
 * damaged file is put aside, never deleted, and the last good copy takes its place; so is one that holds less than its
 * copy. Where nothing can be written the database opens for reading only. Throws StorageError: locked, made by a newer
 * Touchstone, unreadable, or read-only and not there yet.
 */
export function openDatabase(folder: string, options: OpenOptions = {}): OpenDatabase {
  const path = join(folder, DATABASE_FILE);
  const now = options.now ?? Date.now;
  const migrations = options.migrations ?? MIGRATIONS;
  const messages: string[] = [];
  if (!(options.writable ?? canWrite)(folder)) return openForReading(folder, path, migrations, messages);

  try {
    const database = openBest(folder, path, { patienceMs: options.patienceMs ?? 5000, now, messages });
    database.exec(
      `PRAGMA journal_mode = ${journalModeFor(fileSystemType(folder))}; PRAGMA synchronous = NORMAL; ` +
        'PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; PRAGMA ' +
        'mmap_size = 268435456;',
    );
    migrate(database, path, migrations, (from, to) => {
      const backup = `${path}.schema-${from}-${new Date(now()).toISOString().slice(0, 10)}`;
      copyTo(database, backup);
      messages.push(
        `The results database was upgraded from schema ${from} to ${to}; the old one is kept as ${backup}.`,
      );
    });
    options.onOpen?.(database);
    return { database, path, readOnly: null, messages, close: () => database.close() };
  } catch (error) {
    throw storageError(error, path);
  }
}

function canWrite(folder: string): boolean {
  try {
    makePrivateFolder(folder);
    accessSync(folder, constants.W_OK);
    const path = join(folder, DATABASE_FILE);
    if (existsSync(path)) accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function openForReading(
  folder: string,
  path: string,
  migrations: readonly Migration[],
  messages: readonly string[],
): OpenDatabase {
  const reason = `The data folder ${folder} cannot be written: results can be looked at, nothing can be run.`;
  const holds = existsSync(path) ? holdingsOf(path) : -1;
  // Null: it needs its side files to be read, or is damaged; the ways below find out.
  const copy = holds === null ? undefined : new GoodCopies(folder).list().find((each) => each.holds > holds);
  if (copy !== undefined) {
    const found = new DatabaseSync(immutable(copy.path), { readOnly: true });
    const instead =
      `The results database holds less than its good copy of ${copy.from.toISOString()}, which is shown ` + 'instead.';
    return {
      ...inNewestSchema(found, copy.path, migrations),
      path,
      readOnly: reason,
      messages: [...messages, instead],
    };
  }
  if (!existsSync(path)) {
    throw new StorageError(
      'read-only',
      `The data folder ${folder} cannot be written, and it holds no results yet.`,
      'Give yourself write permission on it, or choose another folder with TOUCHSTONE_DATA.',
    );
  }
  for (const location of [path, immutable(path)]) {
    try {
      const found = new DatabaseSync(location, { readOnly: true });
      found.prepare('SELECT count(*) FROM trials').get();
      const { database, close } = inNewestSchema(found, path, migrations);
      return { database, path, readOnly: reason, messages, close };
    } catch (error) {
      // WAL needs its side files; without permission to make them, only the immutable form opens.
      if (location !== path) throw storageError(error, path);
    }
  }
  throw new StorageError('unreadable', `The results database ${path} could not be opened.`, 'Check its permissions.');
}

/**
 * The database itself, or, where an older program made it, an upgraded copy that lives as long as it is open: queries
 * know one schema.
 */
function inNewestSchema(
  found: DatabaseSync,
  path: string,
  migrations: readonly Migration[],
): Pick<OpenDatabase, 'database' | 'close'> {
  const version = Number(found.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version === (migrations.at(-1)?.version ?? 0)) return { database: found, close: () => found.close() };
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-read-'));
  try {
    const copy = join(folder, DATABASE_FILE);
    copyTo(found, copy);
    const database = new DatabaseSync(copy);
    migrate(database, path, migrations, () => undefined);
    return {
      database,
      close() {
        database.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    found.close();
  }
}

function fileSystemType(folder: string): number {
  try {
    return statfsSync(folder).type;
  } catch {
    return 0;
  }
}

/** A consistent copy beside the database: temporary file, then rename. */
function copyTo(database: DatabaseSync, target: string): void {
  const temporary = `${target}.tmp`;
  rmSync(temporary, { force: true });
  // SQLite writes into an empty file that is there, and leaves its mode.
  makePrivateFile(temporary);
  database.prepare('VACUUM INTO ?').run(temporary);
  renameSync(temporary, target);
}
