import { describe, expect, test } from 'vitest';
import { NOT_SIGNED_IN, WorkbenchError } from '../../../src-main/workbench/contract/contract.ts';
import type { WorkbenchEvent } from '../../../src-main/workbench/contract/contract.ts';
import { electronClient } from '../../../src-renderer/transport/electron.ts';
import { SessionToken } from '../../../src-renderer/transport/session-token.ts';
import type { TabLike } from '../../../src-renderer/transport/session-token.ts';
import { socketClient } from '../../../src-renderer/transport/websocket.ts';
import type { SocketLike } from '../../../src-renderer/transport/websocket.ts';

/** A loopback shell that the test plays: every opened socket, what it was sent, and the timers that wait. */
function fakeServer(token: string | null = 'first') {
  const sockets: (SocketLike & { sent: unknown[]; token: string })[] = [];
  const timers: { run: () => void; milliseconds: number }[] = [];
  const tokens = { current: token, listeners: new Set<() => void>() };
  const client = socketClient({
    tokens: { current: () => tokens.current, onNew: (listener) => tokens.listeners.add(listener) },
    open(opened) {
      const sent: unknown[] = [];
      const socket = {
        sent,
        token: opened,
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
  const latest = (): SocketLike & { sent: unknown[]; token: string } => {
    const socket = sockets.at(-1);
    if (socket === undefined) throw new Error('no socket was opened');
    return socket;
  };
  // The first connection is opened in a moment, so that who is told of it has had time to listen.
  timers.shift()?.run();
  return {
    client,
    timers,
    sockets,
    signIn: (another: string) => {
      tokens.current = another;
      for (const listener of tokens.listeners) listener();
    },
    latest,
    accept: () => latest().onopen?.(),
    drop: (code = 1006) => latest().onclose?.(code),
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

  test(
    'a page of an earlier run is told to open the new address, tries nothing again, and comes back ' + 'with it',
    async () => {
      const server = fakeServer();
      const told: WorkbenchEvent[] = [];
      server.client.subscribe((event) => told.push(event));
      server.accept();
      server.drop();
      server.elapse();
      const waiting = server.client.call('study.list', {});
      server.drop(NOT_SIGNED_IN);
      expect(await failed(waiting)).toBe('unavailable');
      expect(server.timers).toEqual([]);
      expect(told.at(-1)).toMatchObject({ state: 'down', message: expect.stringContaining('Open the address') });
      await expect(server.client.call('study.list', {})).rejects.toThrow('not signed in');
      server.signIn('second');
      expect(server.latest().token).toBe('second');
      server.accept();
      expect(told.at(-1)).toMatchObject({ state: 'up' });
    },
  );

  test('a page without any token opens no connection', async () => {
    const server = fakeServer(null);
    expect(server.sockets).toEqual([]);
    await expect(server.client.call('study.list', {})).rejects.toThrow('not signed in');
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

/** Tabs of one address, on a channel that reaches every tab but the sender. */
function tabs() {
  const channels = new Set<TabLike['channel']>();
  return (href: string, storage = new Map<string, string>()) => {
    const channel: TabLike['channel'] = {
      onmessage: null,
      postMessage: (data) => {
        for (const other of channels) if (other !== channel) other.onmessage?.({ data });
      },
    };
    channels.add(channel);
    const shown: string[] = [];
    const token = new SessionToken({
      location: { href },
      history: { replaceState: (_state, _title, url) => shown.push(String(url)) },
      storage: {
        getItem: (name) => storage.get(name) ?? null,
        setItem: (name, value) => {
          storage.set(name, value);
        },
      },
      channel,
      later: (run) => run(),
    });
    return { token, shown, storage };
  };
}

describe('the token of a tab', () => {
  test('comes with the address, leaves it, and survives a reload', () => {
    const tab = tabs();
    const first = tab('http://127.0.0.1:1/?token=abc#/leaderboard');
    expect(first.token.current()).toBe('abc');
    expect(first.shown).toEqual(['http://127.0.0.1:1/#/leaderboard']);
    expect(tab('http://127.0.0.1:1/#/leaderboard', first.storage).token.current()).toBe('abc');
  });

  test('reaches the other tabs of the address, older and newer ones', async () => {
    const tab = tabs();
    const old = tab('http://127.0.0.1:1/');
    const heard: (string | null)[] = [];
    old.token.onNew(() => heard.push(old.token.current()));
    await old.token.settled();
    expect(old.token.current()).toBeNull();
    tab('http://127.0.0.1:1/?token=abc');
    expect(heard).toEqual(['abc']);
    const later = tab('http://127.0.0.1:1/#/data');
    await later.token.settled();
    expect(later.token.current()).toBe('abc');
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
