import { copyFileSync, existsSync, renameSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { makePrivateFile } from '../base/files.ts';
import { StorageError, storageError } from './errors.ts';
import { GoodCopies, hasBlobs, holdings } from './good-copies.ts';
import type { GoodCopy } from './good-copies.ts';

/** Above this a full check would keep a person waiting; opening still notices a broken header or schema. */
const CHECKED_BYTES = 256 * 2 ** 20;
const SIDE_FILES = ['-wal', '-shm', '-journal'];

/**
 * Opens (or makes) a results database. One that is damaged, missing, or holds less than a good copy of it, is put
 * aside, never deleted, and the copy takes its place; `messages` says so. Throws StorageError.
 */
export function openBest(
  folder: string,
  path: string,
  options: { readonly patienceMs: number; readonly now: () => number; readonly messages: string[] },
): DatabaseSync {
  const { patienceMs, messages } = options;
  const wasThere = existsSync(path);
  const copies = new GoodCopies(folder).list();
  const found = wasThere || copies.length === 0 ? checked(path, patienceMs) : null;
  const holds = found === null ? -1 : holdings(found);
  const better = copies.filter((copy) => copy.holds > holds);
  if (found !== null && better.length === 0) {
    if (holds === 0 && hasBlobs(folder))
      messages.push(
        `The results database holds no trials, but ${join(folder, 'blobs')} holds what trials measured: ` +
          'the database of before was lost, and there is no good copy of it. If you have one of your own, ' +
          `close Touchstone and put it back as ${path}.`,
      );
    return found;
  }
  found?.close();
  const state = { wasThere, damaged: wasThere && found === null, holds };
  const stamp = new Date(options.now()).toISOString().replaceAll(/[:.]/g, '-');
  const aside = `${path}.${state.damaged ? 'damaged' : 'replaced'}-${stamp}`;
  for (const suffix of ['', ...SIDE_FILES])
    if (existsSync(`${path}${suffix}`)) renameSync(`${path}${suffix}`, `${aside}${suffix}`);
  const copy = better.find(({ path: file }) => isIntact(file)) ?? null;
  if (copy !== null) copyFileSync(copy.path, path);
  else if (!state.damaged && wasThere) renameSync(aside, path);
  messages.push(sentence(state, aside, copy));
  const database = checked(path, patienceMs);
  if (database !== null) return database;
  throw new StorageError(
    'corrupt',
    `The results database ${path} and its good copy are both damaged.`,
    `Move both files out of ${folder} and start again.`,
  );
}

/** What was found and what was done, for the person. */
function sentence(
  { wasThere, damaged, holds }: { wasThere: boolean; damaged: boolean; holds: number },
  aside: string,
  copy: GoodCopy | null,
): string {
  if (copy === null)
    return damaged
      ? `The results database was damaged and there is no good copy. It was put aside as ${aside}, and an ` +
          'empty one was made.'
      : 'The results database holds less than its good copies, but none of them can be used: they are damaged.';
  const took =
    `the last good copy, of ${copy.from.toISOString()} with ${count(copy.holds)}, took its place: ` +
    'trials that finished since then run again when asked for.';
  if (damaged) return `The results database was damaged. It was put aside as ${aside}, and ${took}`;
  if (!wasThere) return `The results database was not there: ${took}`;
  return `The results database held ${count(holds)}, less than it should. It was put aside as ${aside}, and ${took}`;
}

const count = (trials: number): string => (trials === 1 ? '1 trial' : `${trials} trials`);

function isIntact(path: string): boolean {
  try {
    const database = checked(path, 1000);
    database?.close();
    return database !== null;
  } catch {
    return false;
  }
}

/** The opened database, or null when the file is damaged. Throws for every other trouble. */
function checked(path: string, patienceMs: number): DatabaseSync | null {
  let database: DatabaseSync | undefined;
  try {
    // Its side files take the mode of the database.
    makePrivateFile(path);
    database = new DatabaseSync(path, { timeout: patienceMs });
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    // Taking the write lock now finds out about another program before anything is half done.
    database.exec('BEGIN IMMEDIATE; ROLLBACK');
    if (statSync(path).size <= CHECKED_BYTES) {
      const verdict = database.prepare('PRAGMA quick_check(1)').get();
      if (verdict !== undefined && verdict['quick_check'] !== 'ok') {
        database.close();
        return null;
      }
    }
    return database;
  } catch (error) {
    database?.close();
    const classified = storageError(error, path);
    if (classified instanceof StorageError && classified.problem === 'corrupt') return null;
    throw classified;
  }
}
