import { describe, expect, test } from 'vitest';
import { WorkbenchError } from '../../../src-main/workbench/contract.ts';
import type { WorkbenchEvent } from '../../../src-main/workbench/contract.ts';
import { electronClient } from '../../../src-renderer/transport/electron.ts';
import { socketClient } from '../../../src-renderer/transport/websocket.ts';
import type { SocketLike } from '../../../src-renderer/transport/websocket.ts';

/** A loopback shell that the test plays: every opened socket, what it was sent, and the timers that wait. */
function fakeServer() {
  const sockets: (SocketLike & { sent: unknown[] })[] = [];
  const timers: { run: () => void; milliseconds: number }[] = [];
  const client = socketClient({
    open() {
      const sent: unknown[] = [];
      const socket = {
        sent,
        send: (text: string) => {
          sent.push(JSON.parse(text));
        },
        close: () => undefined,
        onopen: null,
        onmessage: null,
        onclose: null,
      };
      sockets.push(socket);
      return socket;
    },
    later: (run, milliseconds) => {
      timers.push({ run, milliseconds });
    },
  });
  const latest = (): SocketLike & { sent: unknown[] } => {
    const socket = sockets.at(-1);
    if (socket === undefined) throw new Error('no socket was opened');
    return socket;
  };
  return {
    client,
    timers,
    sockets,
    latest,
    accept: () => latest().onopen?.(),
    drop: () => latest().onclose?.(),
    say: (message: unknown) => latest().onmessage?.({ data: JSON.stringify(message) }),
    elapse: () => timers.shift()?.run(),
  };
}

const verified = [{ id: 'mnist', ok: true, message: 'as published' }];
const failed = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'fulfilled',
    (thrown: unknown) => (thrown instanceof WorkbenchError ? thrown.failure.kind : 'not a WorkbenchError'),
  );

describe('client over the WebSocket', () => {
  test('calls made while the first connection opens wait for it, and replies find their call by id', async () => {
    const server = fakeServer();
    const first = server.client.call('data.verify', { id: 'mnist' });
    const second = server.client.call('study.list', {});
    expect(server.latest().sent).toEqual([]);
    server.accept();
    expect(server.latest().sent).toEqual([
      { id: 1, operation: 'data.verify', input: { id: 'mnist' } },
      { id: 2, operation: 'study.list', input: {} },
    ]);
    server.say({ kind: 'reply', id: 2, output: [] });
    server.say({ kind: 'reply', id: 1, output: verified });
    expect(await first).toEqual(verified);
    expect(await second).toEqual([]);
  });

  test('a failure arrives as the value the Workbench sent', async () => {
    const server = fakeServer();
    server.accept();
    const call = server.client.call('study.get', { id: 'gone' });
    const failure = { kind: 'not-found', message: 'There is no study "gone".', remedy: null, details: null };
    server.say({ kind: 'error', id: 1, failure });
    await expect(call).rejects.toMatchObject({ failure });
  });

  test('a reply of another shape is an error, not data', async () => {
    const server = fakeServer();
    server.accept();
    const call = server.client.call('study.list', {});
    server.say({ kind: 'reply', id: 1, output: [{ id: 'half a study' }] });
    expect(await failed(call)).toBe('internal');
  });

  test('a lost connection fails what was under way as unavailable, says so, and comes back', async () => {
    const server = fakeServer();
    const states: string[] = [];
    server.client.subscribe((event: WorkbenchEvent) => {
      if (event.kind === 'workbench') states.push(event.state);
    });
    server.accept();
    const pending = server.client.call('study.list', {});
    server.drop();
    expect(await failed(pending)).toBe('unavailable');
    expect(await failed(server.client.call('study.list', {}))).toBe('unavailable');
    expect(states).toEqual(['down']);
    server.elapse();
    server.accept();
    expect(states).toEqual(['down', 'up']);
    const again = server.client.call('study.list', {});
    // Ids never repeat: a late reply to the call before the break cannot answer the one after it.
    expect(server.latest().sent).toMatchObject([{ id: 3 }]);
    server.say({ kind: 'reply', id: 1, output: 'late' });
    server.say({ kind: 'reply', id: 3, output: [] });
    expect(await again).toEqual([]);
  });

  test('a server that is not there yet: down, then up at the first connection', () => {
    const server = fakeServer();
    const states: string[] = [];
    server.client.subscribe((event: WorkbenchEvent) => {
      if (event.kind === 'workbench') states.push(event.state);
    });
    server.drop();
    server.elapse();
    server.accept();
    expect(states).toEqual(['down', 'up']);
  });

  test('delays grow to five seconds and start over after a success', () => {
    const server = fakeServer();
    const delays: number[] = [];
    for (let i = 0; i < 7; i++) {
      server.drop();
      delays.push(server.timers[0]?.milliseconds ?? -1);
      server.elapse();
    }
    expect(delays).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
    server.accept();
    server.drop();
    expect(server.timers[0]?.milliseconds).toBe(250);
  });

  test('noise on the wire is ignored', async () => {
    const server = fakeServer();
    const events: WorkbenchEvent[] = [];
    server.client.subscribe((event) => events.push(event));
    server.accept();
    server.latest().onmessage?.({ data: '{"kind":' });
    server.say({ kind: 'event', event: { kind: 'of a newer version' } });
    server.say({ kind: 'reply', id: 99, output: [] });
    expect(events).toEqual([]);
    const call = server.client.call('study.list', {});
    server.say({ kind: 'reply', id: 1, output: [] });
    expect(await call).toEqual([]);
  });

  test('who stopped listening hears nothing', () => {
    const server = fakeServer();
    const heard: string[] = [];
    const stop = server.client.subscribe((event) => heard.push(event.kind));
    server.accept();
    server.say({ kind: 'event', event: { kind: 'study-deleted', id: 'a' } });
    stop();
    server.say({ kind: 'event', event: { kind: 'study-deleted', id: 'b' } });
    expect(heard).toEqual(['study-deleted']);
  });
});

describe('client over the preload bridge', () => {
  test('values and failures pass; a broken bridge is unavailable', async () => {
    const answers = [
      () => Promise.resolve({ ok: true as const, output: verified }),
      () =>
        Promise.resolve({
          ok: false as const,
          failure: { kind: 'refused' as const, message: 'No.', remedy: null, details: null },
        }),
      () => Promise.reject(new Error('channel closed')),
    ];
    const client = electronClient({
      call: () => (answers.shift() ?? (() => Promise.reject(new Error('asked too often'))))(),
      subscribe: () => () => undefined,
      platform: 'test',
    });
    expect(await client.call('data.verify', {})).toEqual(verified);
    expect(await failed(client.call('data.verify', {}))).toBe('refused');
    expect(await failed(client.call('data.verify', {}))).toBe('unavailable');
  });
});
