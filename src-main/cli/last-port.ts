import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/files.ts';
import { wholeNumber } from '../base/numbers.ts';
import { startServer } from '../server/server.ts';
import type { RunningServer, ServerOptions } from '../server/server.ts';
import { WorkbenchError } from '../workbench/contract/contract.ts';

/** In the data folder: the port at which it was served last. */
const FILE = 'serve.port';

/**
 * Starts the server of a data folder: at `port`, or, where that is undefined, at the port that the folder had last, so
 * that a page which is still open finds the new server and can say what it needs; at any free one where that is taken.
 */
export async function startAtLastPort(dataFolder: string, { port, ...options }: ServerOptions): Promise<RunningServer> {
  const last = port === undefined ? lastPort(dataFolder) : null;
  const server =
    (last === null ? null : await startUnlessRefused({ ...options, port: last })) ??
    (await startServer({ ...options, port }));
  if (server.port !== last) remember(dataFolder, server.port);
  return server;
}

/** Null where the port cannot be had. */
async function startUnlessRefused(options: ServerOptions): Promise<RunningServer | null> {
  try {
    return await startServer(options);
  } catch (error) {
    if (error instanceof WorkbenchError) return null;
    throw error;
  }
}

function lastPort(dataFolder: string): number | null {
  try {
    return wholeNumber(readFileSync(join(dataFolder, FILE), 'utf8').trim(), { least: 1, most: 65535 });
  } catch {
    return null;
  }
}

function remember(dataFolder: string, port: number): void {
  try {
    writeFileAtomic(join(dataFolder, FILE), [Buffer.from(`${port}\n`)], { durable: false });
  } catch {
    // A folder that is read-only is served all the same, at another port each time.
  }
}
