import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import os from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { errorCode } from '../base/files.ts';

const LOCK_FILE = 'workbench.lock';
const REFRESH_MS = 30_000;
/** A lock of another machine (a shared folder) that nobody refreshed for so long belongs to nobody. */
const FOREIGN_STALE_MS = 5 * 60_000;

const holder = z.object({
  host: z.string(),
  pid: z.number(),
  startedAt: z.string(),
  token: z.string(),
  since: z.string(),
});
export type LockHolder = z.infer<typeof holder>;

export interface FolderLock {
  release(): void;
}

/**
 * Takes the data folder for this process, or answers who has it. A lock whose process is gone (also when its number was given to
 * another process since) is taken over. Throws the file system's error when the folder can't be written.
 */
export function lockFolder(folder: string): { lock: FolderLock } | { heldBy: LockHolder } {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, LOCK_FILE);
  const mine: LockHolder = {
    host: os.hostname(),
    pid: process.pid,
    startedAt: processStart(process.pid) ?? '',
    token: randomUUID(),
    since: new Date().toISOString(),
  };
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      create(path, mine);
      return { lock: held(path, mine) };
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    const found = readLock(path);
    if (found !== null && !isStale(found, path)) return { heldBy: found };
    // Renaming is atomic: of two processes that find the same stale lock, one moves it and the other meets the winner's new one.
    const aside = `${path}.${randomUUID()}`;
    try {
      renameSync(path, aside);
      const moved = readLock(aside);
      // Between reading and renaming the winner may have put its own there: give it back.
      if (moved !== null && found !== null && moved.token !== found.token) renameSync(aside, path);
      else rmSync(aside, { force: true });
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
  const found = readLock(path);
  return { heldBy: found ?? { ...mine, pid: 0, token: '' } };
}

/** Puts the lock there with its content at once: a moment of an empty one would look abandoned to others. Throws EEXIST where there is one. */
function create(path: string, mine: LockHolder): void {
  const draft = `${path}.${mine.token}`;
  try {
    writeFileSync(draft, JSON.stringify(mine), { flag: 'wx', mode: 0o600 });
    try {
      linkSync(draft, path);
    } catch (error) {
      // A file system without hard links (FAT, some network folders): the moment is then accepted.
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errorCode(error) ?? '')) throw error;
      writeFileSync(path, JSON.stringify(mine), { flag: 'wx', mode: 0o600 });
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Who holds the folder now, or null. */
export function lockHolder(folder: string): LockHolder | null {
  const path = join(folder, LOCK_FILE);
  const found = readLock(path);
  return found === null || isStale(found, path) ? null : found;
}

function held(path: string, mine: LockHolder): FolderLock {
  const refresh = setInterval(() => {
    try {
      const now = new Date();
      utimesSync(path, now, now);
    } catch {
      // The folder may be away for a moment (network); the next refresh tries again.
    }
  }, REFRESH_MS);
  refresh.unref();
  return {
    release() {
      clearInterval(refresh);
      if (readLock(path)?.token === mine.token) rmSync(path, { force: true });
    },
  };
}

function readLock(path: string): LockHolder | null {
  try {
    const parsed = holder.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function isStale(found: LockHolder, path: string): boolean {
  if (found.host !== os.hostname()) {
    try {
      return Date.now() - statSync(path).mtimeMs > FOREIGN_STALE_MS;
    } catch {
      return true;
    }
  }
  try {
    process.kill(found.pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if (errorCode(error) !== 'EPERM') return true;
  }
  const started = processStart(found.pid);
  return started !== null && found.startedAt !== '' && started !== found.startedAt;
}

/** When a process started, in a form that tells two processes with one number apart; null where the system does not say. */
function processStart(pid: number): string | null {
  try {
    // Fields after the name, which may hold spaces and brackets; the 20th of them is the start in clock ticks since boot.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const state = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state[0] === 'Z' ? 'ended' : `${boot}:${state[19] ?? ''}`;
  } catch {
    return null;
  }
}
