import { accessSync, constants, existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';

import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import os from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { errorCode, makePrivateFile, makePrivateFolder, writeFileAtomic } from './files.ts';
import { isOnNetwork } from './file-system.ts';

/**
 * A lock of one process at a time. The operating system holds it: an exclusive transaction on an empty SQLite file,
 * `<path>.os`, which ends with its process, however that ends, and which a process of another container respects too.
 * `<path>` itself says who holds it.
 *
 * Other machines that share a network folder may not see that lock. There the word of `<path>` counts as well: its
 * holder refreshes it, and one that nobody refreshed for five minutes is taken over. A holder that slept so long finds
 * another's token there: `check` then throws, so call it before every write.
 */
const REFRESH_MS = 30_000;
const FOREIGN_STALE_MS = 5 * 60_000;
const SQLITE_BUSY = 5;

const holderText = z.object({
  host: z.string(),
  pid: z.number(),
  since: z.string(),
  /** The running system that its lock belongs to: containers share it, machines do not. */
  machine: z.string(),
  token: z.string(),
});
export type LockHolder = z.infer<typeof holderText>;

export interface LockOptions {
  /** Whether other machines may use the same folder; asked of the file system unless told. */
  readonly shared?: boolean;
}

export interface HeldLock extends Disposable {
  readonly holder: LockHolder;
  /** Throws LockLost when another process has taken the lock over; from then on always. */
  check(): void;
}

/** The lock was another's when this process wanted to write. */
export class LockLost extends Error {
  override readonly name = 'LockLost';
}

/**
 * Takes the lock `path`, or says who has it (null where that is not known). Throws the file system's error when its
 * folder can't be written.
 */
export function takeLock(path: string, options: LockOptions = {}): { lock: HeldLock } | { heldBy: LockHolder | null } {
  const folder = dirname(path);
  makePrivateFolder(folder);
  const shared = options.shared ?? isOnNetwork(folder);
  const system = systemLock(`${path}.os`);
  const found = readHolder(path);
  // On a file system of this machine, the system's lock is all that counts; whoever wrote `path` is gone when the lock
  // is ours.
  const foreign = shared && found !== null && isFresh(path) ? found : null;
  // A network folder without locks looks busy for ever: who is named there, and refreshes it, decides.
  if (system === null && (!shared || foreign !== null)) return { heldBy: found };
  if (foreign !== null && foreign.machine !== machine()) {
    system?.close();
    return { heldBy: foreign };
  }
  const mine: LockHolder = {
    host: os.hostname(),
    pid: process.pid,
    since: new Date().toISOString(),
    machine: machine(),
    token: randomUUID(),
  };
  try {
    writeHolder(path, mine);
  } catch (error) {
    system?.close();
    throw error;
  }
  return { lock: held(path, mine, system) };
}

/**
 * Waits for the lock while another process holds it. `onWait` is told once.
 * @throws the signal's reason when aborted while waiting
 */
export async function waitForLock(
  path: string,
  options: LockOptions & {
    readonly signal?: AbortSignal | undefined;
    readonly onWait?: (holder: LockHolder | null) => void;
    readonly pollMs?: number;
  } = {},
): Promise<HeldLock> {
  for (let told = false; ; told = true) {
    const taken = takeLock(path, options);
    if ('lock' in taken) return taken.lock;
    if (!told) options.onWait?.(taken.heldBy);
    await sleep(options.pollMs ?? 250, undefined, options.signal ? { signal: options.signal } : {});
  }
}

/** Who holds the lock `path` now, or null. */
export function lockHolder(path: string, options: LockOptions = {}): LockHolder | null {
  if (!existsSync(`${path}.os`)) return null;
  const found = readHolder(path);
  if (found === null) return null;
  if ((options.shared ?? isOnNetwork(dirname(path))) && found.machine !== machine())
    return isFresh(path) ? found : null;
  const system = systemLock(`${path}.os`);
  system?.close();
  return system === null ? found : null;
}

/** The open transaction that is the lock, or null while another process (or another part of this one) has it. */
function systemLock(path: string): DatabaseSync | null {
  // Never opened when it is there: closing any descriptor of a file gives up this process's own locks on it.
  makePrivateFile(path);
  accessSync(path, constants.R_OK | constants.W_OK);
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && Number(error.errcode) % 256 === SQLITE_BUSY) return null;
    throw error;
  }
}

function held(path: string, mine: LockHolder, system: DatabaseSync | null): HeldLock {
  let lost = false;
  const check = (): void => {
    let found = readHolder(path);
    // A person tidied up: the lock itself is still ours, so its word is put back, unless another was faster.
    if (found === null && !lost) {
      writeHolder(path, mine, 'wx');
      found = readHolder(path);
    }
    lost ||= found !== null && found.token !== mine.token;
    if (lost)
      throw new LockLost(
        found === null
          ? `${path} was taken over by another process.`
          : `${path} was taken over by process ${found.pid} on ${found.host}, at ${found.since}.`,
      );
  };
  const refresh = setInterval(() => {
    try {
      check();
      utimesSync(path, new Date(), new Date());
    } catch {
      // Lost: the next write finds out. The folder may also be away for a moment (network); the next refresh tries
      // again.
    }
  }, REFRESH_MS);
  refresh.unref();
  return {
    holder: mine,
    check,
    [Symbol.dispose]() {
      clearInterval(refresh);
      if (system?.isOpen === false) return;
      // The word goes while the lock is still ours. The empty file of the lock stays: removing it would let two in.
      if (readHolder(path)?.token === mine.token) rmSync(path, { force: true });
      system?.close();
    },
  };
}

/** Replaces what is there, or (`wx`) leaves it. */
function writeHolder(path: string, holder: LockHolder, flag?: 'wx'): void {
  const content = JSON.stringify(holder);
  if (flag === undefined) return writeFileAtomic(path, [Buffer.from(content)], { durable: false });
  try {
    writeFileSync(path, content, { flag, mode: 0o600 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function readHolder(path: string): LockHolder | null {
  try {
    const parsed = holderText.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function machine(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return os.hostname();
  }
}

function isFresh(path: string): boolean {
  const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return touched !== undefined && Date.now() - touched <= FOREIGN_STALE_MS;
}
