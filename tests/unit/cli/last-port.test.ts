import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startAtLastPort } from '../../../src-main/cli/last-port.ts';
import type { RunningServer } from '../../../src-main/server/server.ts';
import { NOT_SIGNED_IN, SOCKET_PROTOCOLS } from '../../../src-main/workbench/contract/contract.ts';
import { pendingClient } from '../../../src-main/workbench/pending-client.ts';

let folder: string;
const running: RunningServer[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-port-'));
});
afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(port?: number): Promise<RunningServer> {
  const client = pendingClient(new Promise(() => undefined));
  const server = await startAtLastPort(folder, { client, rendererFolder: folder, port, onLog: () => undefined });
  running.push(server);
  return server;
}

test('a folder keeps its port; an old page hears there that it needs the new link', async () => {
  const first = await start();
  await first.close();
  const second = await start();
  expect(second.port).toBe(first.port);
  expect(second.url).not.toBe(first.url);
  expect(readdirSync(folder)).toEqual(['serve.port']);
  expect(statSync(join(folder, 'serve.port')).mode & 0o777).toBe(0o600);
  // As the page of the first run asks: with the token that it knows.
  const old = new URL(first.url).searchParams.get('token') ?? '';
  const origin = `http://127.0.0.1:${first.port}`;
  const page = new WebSocket(`ws://127.0.0.1:${first.port}/ws`, [...Object.values(SOCKET_PROTOCOLS), old], { origin });
  const [code] = await once(page, 'close');
  expect(code).toBe(NOT_SIGNED_IN);
});

test('where that port is taken or the file says nothing, it is any free one, and that is kept', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const taken = address !== null && typeof address === 'object' ? address.port : 0;
  writeFileSync(join(folder, 'serve.port'), String(taken));
  const first = await start();
  expect(first.port).not.toBe(taken);
  other.close();
  await first.close();
  expect((await start()).port).toBe(first.port);
  writeFileSync(join(folder, 'serve.port'), 'port 99999');
  expect((await start()).port).toBeGreaterThan(0);
});

test('a port that is asked for is that one or none', async () => {
  const first = await start();
  await expect(start(first.port)).rejects.toThrow(`Port ${first.port} on 127.0.0.1 is taken`);
});
