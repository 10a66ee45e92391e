import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const holderSchema = z.object({ pid: z.number().int(), host: z.string(), token: z.string() });
export type LockHolder = z.infer<typeof holderSchema>;

/** A holder refreshes its file this often; four missed refreshes make a lock of another machine (shared home folder) stale. */
const REFRESH_MS = 5_000;

export interface Lock extends Disposable {
  readonly holder: LockHolder;
}

/**
 * Holds the lock file `path` until disposed; waits while another process holds it. A lock whose process is gone is taken over. Nothing
 * relies on it for correctness (everything is published by rename); it keeps two processes from doing the same work twice.
 * @throws the signal's reason when aborted while waiting
 */
export async function acquireLock(
  path: string,
  options: { signal?: AbortSignal | undefined; onWait?: (holder: LockHolder | null) => void; pollMs?: number } = {},
): Promise<Lock> {
  mkdirSync(dirname(path), { recursive: true });
  const holder: LockHolder = { pid: process.pid, host: hostname(), token: randomUUID() };
  for (let told = false; !create(path, holder);) {
    const state = inspectLock(path);
    if (state.stale) {
      takeAway(path, state.token);
      continue;
    }
    if (!told && state.held) options.onWait?.(state.holder);
    told = true;
    await sleep(options.pollMs ?? 250, undefined, options.signal ? { signal: options.signal } : {});
  }
  const refresh = setInterval(() => {
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      /* taken away by a person: disposing notices */
    }
  }, REFRESH_MS);
  refresh.unref();
  return {
    holder,
    [Symbol.dispose]() {
      clearInterval(refresh);
      if (read(path)?.token === holder.token) rmSync(path, { force: true });
    },
  };
}

/** Who holds the lock, and whether that process is gone. */
export function inspectLock(path: string): {
  held: boolean;
  stale: boolean;
  holder: LockHolder | null;
  token: string | null;
} {
  const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (touched === undefined) return { held: false, stale: false, holder: null, token: null };
  const holder = read(path);
  const silentFor = Date.now() - touched;
  const stale = holder?.host === hostname() ? !alive(holder.pid) : silentFor > 4 * REFRESH_MS;
  return { held: true, stale, holder, token: holder?.token ?? null };
}

/** Whether a process of this machine runs. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function create(path: string, holder: LockHolder): boolean {
  // Written aside and linked, so that nobody ever reads a lock without its holder.
  const aside = `${path}.${holder.token}`;
  writeFileSync(aside, JSON.stringify(holder));
  try {
    linkSync(aside, path);
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code === 'EEXIST') return false;
    // A file system without hard links.
    try {
      writeFileSync(path, JSON.stringify(holder), { flag: 'wx' });
      return true;
    } catch (second) {
      if (second instanceof Error && 'code' in second && second.code === 'EEXIST') return false;
      throw second;
    }
  } finally {
    rmSync(aside, { force: true });
  }
}

function takeAway(path: string, token: string | null): void {
  // Of two processes that see the same stale lock only one may remove it; the other must not remove the first one's new lock.
  const aside = join(dirname(path), `.stale-${randomUUID()}`);
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if ((read(aside)?.token ?? null) !== token) {
    try {
      linkSync(aside, path);
    } catch {
      /* a third one holds it by now; the work is published by rename, so nothing breaks */
    }
  }
  rmSync(aside, { force: true });
}

function read(path: string): LockHolder | null {
  try {
    const parsed = holderSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
