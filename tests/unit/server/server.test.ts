import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startServer } from '../../../src-main/server/server.ts';
import type { RunningServer } from '../../../src-main/server/server.ts';
import {
  NOT_SIGNED_IN,
  SOCKET_PROTOCOLS,
  wireMessage,
  WorkbenchError,
} from '../../../src-main/workbench/contract/contract.ts';
import type { WireMessage, WorkbenchClient, WorkbenchEvent } from '../../../src-main/workbench/contract/contract.ts';

/** A Workbench that knows one answer, one failure and one surprise. */
class StubClient {
  readonly calls: { operation: string; input: unknown }[] = [];
  readonly listeners = new Set<(event: WorkbenchEvent) => void>();
  readonly call: WorkbenchClient['call'] = (operation, input) => {
    this.calls.push({ operation, input });
    if (operation === 'claims.list') return Promise.resolve(JSON.parse('[]'));
    if (operation === 'study.get')
      return Promise.reject(
        new WorkbenchError({ kind: 'not-found', message: 'No such study.', remedy: null, details: null }),
      );
    return Promise.reject(new TypeError('boom at /secret/path'));
  };
  readonly subscribe: WorkbenchClient['subscribe'] = (listener) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };
}

let root: string;
let client: StubClient;
let server: RunningServer;
let logs: string[];
const token = () => new URL(server.url).searchParams.get('token') ?? '';
const origin = () => `http://127.0.0.1:${server.port}`;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'touchstone-server-'));
  await mkdir(path.join(root, 'interface', 'assets'), { recursive: true });
  await writeFile(path.join(root, 'interface', 'index.html'), '<!doctype html>hello');
  await writeFile(path.join(root, 'interface', 'assets', 'a.js'), 'export {}');
  await writeFile(path.join(root, 'secret.txt'), 'secret');
  await symlink(path.join(root, 'secret.txt'), path.join(root, 'interface', 'link.txt'));
  client = new StubClient();
  logs = [];
  server = await startServer({
    client,
    rendererFolder: path.join(root, 'interface'),
    onLog: (line) => logs.push(line),
  });
});
afterEach(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

/** node:http, because fetch does not let a test choose the Host header or keep a path as it is. */
function get(
  url: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: server.port, path: url, method, headers }, (response) => {
      let body = '';
      response
        .setEncoding('utf8')
        .on('data', (part: string) => {
          body += part;
        })
        .on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });
}

function connect(headers: Record<string, string> = {}, secret = token()): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const protocols = [...Object.values(SOCKET_PROTOCOLS), secret];
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws`, protocols, {
      headers: { origin: origin(), ...headers },
    });
    socket.once('open', () => resolve(socket)).once('error', reject);
  });
}
const next = (socket: WebSocket): Promise<WireMessage> =>
  new Promise((resolve, reject) => {
    socket.once('message', (data) => resolve(wireMessage.parse(JSON.parse(data.toString()))));
    socket.once('close', (code) => reject(new Error(`closed with ${code}`)));
  });
const closed = (socket: WebSocket): Promise<number> =>
  new Promise((resolve) => {
    socket.once('close', resolve);
  });

describe('HTTP', () => {
  it('serves the interface without a token, sets no cookie, and keeps the token out of referer and log', async () => {
    expect(token()).toMatch(/^[\w-]{43}$/);
    const home = await get(new URL(server.url).pathname + new URL(server.url).search);
    expect(home).toMatchObject({ status: 200, body: '<!doctype html>hello' });
    // Cookies go to every port of 127.0.0.1, also to the server of another user of this machine.
    expect(home.headers['set-cookie']).toBeUndefined();
    expect(home.headers['referrer-policy']).toBe('no-referrer');
    expect(String(home.headers['content-security-policy'])).toContain("script-src 'self'");
    expect(home.headers['access-control-allow-origin']).toBeUndefined();
    expect((await get('/assets/a.js')).headers['content-type']).toContain('javascript');
    await get(`/assets/x?token=${token()}`, {}, 'POST');
    expect(logs.join('\n')).not.toContain(token());
  });

  it('refuses other names of this machine, other sites and other methods', async () => {
    expect((await get('/', { host: `evil.example:${server.port}` })).status).toBe(403);
    expect((await get('/', { origin: 'https://evil.example' })).status).toBe(403);
    expect((await get('/', {}, 'POST')).status).toBe(405);
  });

  it('serves nothing from outside its folder, by path or by link', async () => {
    for (const path of [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/../../secret.txt',
      '/link.txt',
      '/absent.js',
    ]) {
      const answer = await get(path);
      expect(answer.status, path).toBe(404);
      expect(answer.body).not.toContain('secret');
    }
  });

  it('says how to build a missing interface', async () => {
    await rm(path.join(root, 'interface', 'index.html'));
    const answer = await get('/');
    expect(answer.status).toBe(503);
    expect(answer.body).toContain('npm run build');
  });

  it('names the remedy when the port is taken', async () => {
    const second = startServer({ client, rendererFolder: root, port: server.port, onLog: () => undefined });
    await expect(second).rejects.toMatchObject({
      failure: {
        kind: 'conflict',
        message: expect.stringContaining(String(server.port)),
        remedy: expect.stringContaining('--port'),
      },
    });
  });
});

describe('WebSocket', () => {
  it('refuses strangers', async () => {
    await expect(connect({ origin: 'https://evil.example' })).rejects.toThrow('403');
    await expect(connect({ host: 'evil.example' })).rejects.toThrow('403');
  });

  it('tells a page without the token of this run that it needs another address, and answers it nothing', async () => {
    for (const secret of ['', 'T'.repeat(43)]) {
      const stranger = await connect({}, secret === '' ? 'none' : secret);
      expect(stranger.protocol).toBe(SOCKET_PROTOCOLS.signedOut);
      stranger.send(JSON.stringify({ id: 1, operation: 'claims.list', input: {} }));
      expect(await closed(stranger)).toBe(NOT_SIGNED_IN);
    }
    expect(client.calls).toEqual([]);
    expect(client.listeners.size).toBe(0);
    expect((await connect()).protocol).toBe(SOCKET_PROTOCOLS.signedIn);
  });

  it('carries a call with parsed input, and every kind of failure', async () => {
    const socket = await connect();
    socket.send(JSON.stringify({ id: 1, operation: 'claims.list', input: { smuggled: true } }));
    expect(await next(socket)).toEqual({ kind: 'reply', id: 1, output: [] });
    expect(client.calls).toEqual([{ operation: 'claims.list', input: {} }]);

    socket.send(JSON.stringify({ id: 2, operation: 'constructor', input: {} }));
    expect(await next(socket)).toMatchObject({
      kind: 'error',
      id: 2,
      failure: { kind: 'invalid-input', message: expect.stringContaining('constructor') },
    });
    socket.send(JSON.stringify({ id: 3, operation: 'study.rename', input: { id: 'a', name: '' } }));
    expect(await next(socket)).toMatchObject({
      kind: 'error',
      id: 3,
      failure: { kind: 'invalid-input', message: expect.stringContaining('name') },
    });
    socket.send(JSON.stringify({ id: 4, operation: 'study.get', input: { id: 'a' } }));
    expect(await next(socket)).toMatchObject({
      kind: 'error',
      id: 4,
      failure: { kind: 'not-found', message: 'No such study.' },
    });
    socket.send(JSON.stringify({ id: 5, operation: 'system.info', input: {} }));
    expect(await next(socket)).toMatchObject({ kind: 'error', id: 5, failure: { kind: 'internal' } });
    expect(client.calls.map((call) => call.operation)).toEqual(['claims.list', 'study.get', 'system.info']);
    socket.close();
  });

  it('closes on what is not a request', async () => {
    const garbage = await connect();
    garbage.send('{"id":');
    expect(await closed(garbage)).toBe(1007);
    const binary = await connect();
    binary.send(Buffer.from([1, 2]));
    expect(await closed(binary)).toBe(1003);
    const large = await connect();
    large.on('error', () => undefined);
    large.send('x'.repeat(64 * 1024 * 1024 + 1));
    expect([1006, 1009]).toContain(await closed(large));
  });

  it('pushes events, and forgets a tab that has gone', async () => {
    const socket = await connect();
    socket.send(JSON.stringify({ id: 1, operation: 'claims.list', input: {} }));
    await next(socket);
    const event: WorkbenchEvent = { kind: 'study-deleted', id: 's' };
    const arrived = next(socket);
    for (const listener of client.listeners) listener(event);
    expect(await arrived).toEqual({ kind: 'event', event });
    expect(client.listeners.size).toBe(1);
    socket.terminate();
    await expect.poll(() => client.listeners.size).toBe(0);
  });

  it('does not grow without bound for a tab that does not read', async () => {
    const socket = await connect();
    await expect.poll(() => client.listeners.size).toBe(1);
    socket.pause();
    const message = 'm'.repeat(10_000);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 20_000; i += 1)
      for (const listener of client.listeners)
        listener({ kind: 'data', dataset: 'mnist', state: 'downloading', done: i, total: null, rate: null, message });
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6); // 200 MB were pushed
    let last = -1;
    const end = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        const parsed = wireMessage.parse(JSON.parse(data.toString()));
        if (parsed.kind === 'event' && parsed.event.kind === 'data') last = parsed.event.done;
        if (last === 19_999) resolve();
      });
    });
    socket.resume();
    await end;
    expect(last).toBe(19_999);
    socket.terminate();
  });
});

describe('connections without a token', () => {
  const open = async (port = server.port): Promise<Socket> => {
    const socket = connectTcp(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };

  it('are few at a time: 300 half-open ones neither use up files nor keep a person out', async () => {
    const signedIn = await connect();
    const sockets: Socket[] = [];
    for (let i = 0; i < 300; i += 1) {
      const socket = await open();
      socket.write('GET / HT');
      sockets.push(socket);
    }
    await expect.poll(() => sockets.filter((socket) => !socket.destroyed).length).toBeLessThanOrEqual(64);
    expect((await get('/')).status).toBe(200);
    signedIn.send(JSON.stringify({ id: 1, operation: 'claims.list', input: {} }));
    expect(await next(signedIn)).toMatchObject({ kind: 'reply' });
    for (const socket of sockets) socket.destroy();
  });

  it('end when their patience is over, within a second, also where not one byte was sent', async () => {
    const hasty = await startServer({ client, rendererFolder: root, patienceMs: 500, onLog: () => undefined });
    const began = Date.now();
    const [silent, half] = [await open(hasty.port), await open(hasty.port)];
    half.write('GET / HT');
    for (const socket of [silent, half]) socket.resume();
    await Promise.all([silent, half].map((socket) => once(socket, 'close')));
    expect(Date.now() - began).toBeLessThan(4_000);
    await hasty.close();
  });
});
