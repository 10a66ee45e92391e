import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ResultsStore } from '../results/store.ts';
import { errorCode } from '../base/files.ts';
import { takeLock } from '../base/lock.ts';
import type { HeldLock, LockHolder } from '../base/lock.ts';
import { WorkbenchError } from './contract/contract.ts';
import type { StudySummary, WorkbenchClient } from './contract/contract.ts';
import { connectSocket } from './socket-client.ts';
import type { SocketClient, SocketOptions } from './socket-client.ts';
import { serveSocket, socketAddress } from './socket.ts';
import { asWorkbenchError } from './wire.ts';
import type { Workbench, WorkbenchParts } from './workbench.ts';

export interface OpenWorkbenchOptions {
  readonly dataFolder: string;
  /** Instead of the real parts, for tests. */
  readonly parts?: (dataFolder: string, store: ResultsStore) => Promise<WorkbenchParts>;
  /** False: fail when another process holds the folder, in place of talking to it (the Workbench process itself). */
  readonly mayConnect?: boolean;
  /** False: interrupted studies wait; for commands that only look something up or run a study of their own. */
  readonly runQueue?: boolean;
  /**
   * Called once this process holds a data folder that can be used, well before the Workbench is up: what else a shell
   * has to begin (a server, a browser) can begin then. Not called where another process has the folder.
   */
  readonly onFolder?: () => Promise<void>;
  /**
   * How long to wait for a Touchstone that holds the folder and cannot be talked to: one that starts, or ends and
   * stores what runs.
   */
  readonly patienceMs?: number;
  /** Times of the connection, for tests. */
  readonly socket?: Pick<SocketOptions, 'silenceMs' | 'answerMs'>;
}

export interface OpenedWorkbench {
  readonly client: WorkbenchClient;
  /** `in-process`: this process holds the data folder. `socket`: another shell does, and this one talks to it. */
  readonly how: 'in-process' | 'socket';
  /** The Workbench itself when it is in this process. */
  readonly workbench: Workbench | null;
  /** What a person should know about the data folder, where this process opened it. */
  readonly notices: readonly string[];
  /** Studies that the Workbench in this process runs, for whomever; none where it is in another. */
  running(): StudySummary[];
  /** Called when the Workbench behind a socket is gone. */
  onGone(listener: () => void): void;
  close(options?: { graceful?: boolean }): Promise<void>;
}

/** Says who holds the data folder; the lock itself lies beside it. */
const LOCK_FILE = 'workbench.lock';
const PATIENCE_MS = 20_000;
const CONNECT_PAUSE_MS = 150;

/**
 * The Workbench of a data folder: opened in this process when nobody holds the folder (other shells can then connect),
 * else the running one over its local socket. Throws WorkbenchError with the reason and the remedy.
 */
export async function openWorkbench(options: OpenWorkbenchOptions): Promise<OpenedWorkbench> {
  const { dataFolder } = options;
  try {
    for (const until = performance.now() + (options.patienceMs ?? PATIENCE_MS); ;) {
      const taken = tryLock(dataFolder);
      if (taken === 'read-only') return await openHere(options, null);
      if ('lock' in taken) return await openHere(options, taken.lock);
      const { heldBy } = taken;
      if (options.mayConnect === false || performance.now() > until) {
        throw new WorkbenchError({
          kind: 'conflict',
          message: `The data folder ${dataFolder} is in use by another Touchstone${nameOf(heldBy)}.`,
          remedy: 'Close it, or choose another folder with TOUCHSTONE_DATA.',
          details: null,
        });
      }
      const client = await connectTo(socketAddress(dataFolder), {
        ...options.socket,
        holder: nameOf(heldBy),
        pid: heldBy?.pid,
      });
      if (client !== null)
        return {
          client,
          how: 'socket',
          workbench: null,
          notices: [],
          running: () => [],
          onGone: (listener) => client.onGone(listener),
          close: async () => client.close(),
        };
      // It may be starting (its socket comes after the lock) or ending (then the lock is free in a moment).
      await new Promise((resolve) => setTimeout(resolve, CONNECT_PAUSE_MS));
    }
  } catch (error) {
    throw asWorkbenchError(error);
  }
}

/** Null where nobody listens. Rejects where somebody does and does not answer: waiting would not help. */
async function connectTo(address: string, options: SocketOptions): Promise<SocketClient | null> {
  const client = await connectSocket(address, options).catch(() => null);
  if (client === null) return null;
  try {
    return (await client.ping()) ? client : null;
  } catch (error) {
    client.close();
    throw error;
  }
}

function nameOf(holder: LockHolder | null): string {
  return holder === null ? '' : ` (process ${holder.pid} on ${holder.host}, since ${holder.since})`;
}

function tryLock(dataFolder: string): ReturnType<typeof takeLock> | 'read-only' {
  try {
    return takeLock(join(dataFolder, LOCK_FILE));
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error) ?? '')) return 'read-only';
    const isFull = ['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '');
    throw new WorkbenchError({
      kind: 'storage',
      message: isFull
        ? `The disk that holds the data folder ${dataFolder} is full.`
        : `The data folder ${dataFolder} cannot be used: ${error instanceof Error ? error.message : String(error)}.`,
      remedy: isFull
        ? 'Free some space; nothing that was stored before is lost.'
        : 'Choose another folder with TOUCHSTONE_DATA.',
      details: null,
    });
  }
}

async function openHere(options: OpenWorkbenchOptions, lock: HeldLock | null): Promise<OpenedWorkbench> {
  const { dataFolder } = options;
  // What stays open has a window or a page; a command has been asked for its trials and nothing else.
  const stays = options.runQueue ?? true;
  let store: ResultsStore | null = null;
  try {
    store = ResultsStore.open(dataFolder, lock === null ? { writable: () => false } : { check: () => lock.check() });
    await options.onFolder?.();
    // Imported here, because methods and suites bring the engine with them and a broken folder is found out without it.
    const { Workbench } = await import('./workbench.ts');
    const workbench = new Workbench({ giveWay: stays, ...(await (options.parts ?? realParts)(dataFolder, store)) });
    const socket = lock === null ? null : await serveSocket(workbench, socketAddress(dataFolder)).catch(() => null);
    workbench.start({ run: stays });
    return {
      client: workbench,
      how: 'in-process',
      workbench,
      notices: workbench.notices,
      running: () => workbench.runningStudies(),
      onGone: () => undefined,
      async close(how) {
        await socket?.close();
        await workbench.close(how);
        lock?.[Symbol.dispose]();
      },
    };
  } catch (error) {
    store?.close();
    lock?.[Symbol.dispose]();
    throw error;
  }
}

/** The program's own parts over a data folder. */
export async function realParts(dataFolder: string, store: ResultsStore): Promise<WorkbenchParts> {
  const { assembleParts } = await import('./parts.ts');
  return assembleParts(dataFolder, store, programVersion());
}

export function programVersion(): string {
  const file = fileURLToPath(new URL('../../package.json', import.meta.url));
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).version;
}
