import { chmodSync, lstatSync, realpathSync, rmSync } from 'node:fs';
import { createHash } from 'node:crypto';
import net from 'node:net';
import os from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { makePrivateFolder } from '../base/files.ts';
import type { WireMessage, WorkbenchClient } from './contract/contract.ts';
import { answerRequest } from './wire.ts';

/** Bytes that may wait for a slow reader before events are left out for it; replies never are. */
const EVENT_HIGH_WATER = 4 * 1024 * 1024;
/** How long closing waits for requests that are being answered. */
const ANSWER_MS = 2_000;

/** A Unix socket's path is cut off above this. */
const LONGEST_PATH = 100;

/**
 * Address of the Workbench of a data folder: a Unix socket in the user's runtime folder, named by the hash of the data
 * folder's real path, or a named pipe. Where somebody else took the folder that would hold it, the next place does: the
 * folder for temporary files, then the data folder itself. Throws when none of them can be used.
 */
export function socketAddress(
  dataFolder: string,
  env: NodeJS.ProcessEnv = process.env,
  temporary: string = os.tmpdir(),
): string {
  const real = realPath(dataFolder);
  const hash = createHash('sha256').update(real).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\touchstone-${hash}`;
  const own = `touchstone-${process.getuid?.() ?? 0}`;
  const runtime = env['XDG_RUNTIME_DIR'];
  const places = [
    ...(runtime !== undefined && runtime !== '' ? [join(runtime, own)] : []),
    join(temporary, own),
    join(real, 'socket'),
  ].filter((place) => place.length + hash.length < LONGEST_PATH);
  const place = places.find(isOwnFolder);
  if (place === undefined)
    throw new Error(
      `None of ${places.join(', ')} can be used for talking to other shells; set XDG_RUNTIME_DIR to a ` +
        'folder of your own.',
    );
  return join(place, `${hash}.sock`);
}

function realPath(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return resolve(folder);
  }
}

/**
 * Makes a folder that only this user can enter, so that nobody else can reach or replace the socket; false where it is
 * somebody else's.
 */
function isOwnFolder(folder: string): boolean {
  try {
    makePrivateFolder(folder);
    const found = lstatSync(folder);
    if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid)) return false;
    chmodSync(folder, 0o700);
    return true;
  } catch {
    return false;
  }
}

/**
 * Serves a Workbench to other shells of the same user: one JSON envelope a line. Call it only while holding the
 * folder's lock.
 */
export async function serveSocket(client: WorkbenchClient, address: string): Promise<{ close(): Promise<void> }> {
  if (process.platform !== 'win32') rmSync(address, { force: true });
  const sockets = new Set<net.Socket>();
  const pending = new Set<Promise<void>>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    const send = (message: WireMessage): void => {
      if (!socket.writable || (message.kind === 'event' && socket.writableLength > EVENT_HIGH_WATER)) return;
      socket.write(`${JSON.stringify(message)}\n`);
    };
    const unsubscribe = client.subscribe((event) => send({ kind: 'event', event }));
    const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY });
    lines.on('line', (line) => {
      const raw = parseLine(line);
      if (raw === undefined) return;
      const answered = answerRequest(client, raw).then((message) => {
        if (message !== null) send(message);
      });
      pending.add(answered);
      void answered.finally(() => pending.delete(answered));
    });
    lines.on('error', () => undefined);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      unsubscribe();
      sockets.delete(socket);
    });
  });
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen(address, () => {
      server.off('error', failed);
      done();
    });
  });
  if (process.platform !== 'win32') chmodSync(address, 0o600);
  return {
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()));
      // Who has asked gets an answer, within reason.
      await Promise.race([
        Promise.allSettled(pending),
        new Promise((resolveWait) => {
          setTimeout(resolveWait, ANSWER_MS).unref();
        }),
      ]);
      for (const socket of sockets) socket.end(() => socket.destroy());
      await closed;
    },
  };
}

/** One line of the wire, undefined where it is no JSON. */
export function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
