import { WorkbenchError, wireMessage } from '../../src-main/workbench/contract.ts';
import type { WireRequest, WorkbenchClient, WorkbenchEvent } from '../../src-main/workbench/contract.ts';
import { clientOver } from './client.ts';
import { failure } from './failures.ts';

/** The part of a WebSocket that is used; tests pass their own. */
export interface SocketLike {
  send(data: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
}

export interface SocketOptions {
  readonly open: () => SocketLike;
  /** Calls `run` after `milliseconds`. */
  readonly later: (run: () => void, milliseconds: number) => void;
}

interface Pending {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: WorkbenchError) => void;
}

const FIRST_DELAY = 250;
const LONGEST_DELAY = 5000;
const LOST = failure(
  'unavailable',
  'The connection to Touchstone was lost.',
  'Check that "touchstone serve" is still running; this page connects again by itself. Running trials go on.',
);
const LONGEST_QUEUE = 200;

/**
 * Client over the loopback shell's WebSocket. The cookie that the server set at sign-in authenticates it. A lost connection is opened again
 * with growing delays; calls that were under way fail with kind `unavailable`, calls made while the first connection opens wait for it.
 */
export function socketClient({ open, later }: SocketOptions): WorkbenchClient {
  const pending = new Map<number, Pending>();
  const listeners = new Set<(event: unknown) => void>();
  let queue: string[] = [];
  let socket: SocketLike | null = null;
  let ready = false;
  let everReady = false;
  let toldDown = false;
  let nextId = 1;
  let delay = FIRST_DELAY;

  const tell = (event: WorkbenchEvent): void => {
    for (const listener of listeners) listener(event);
  };

  const receive = (text: string): void => {
    let data: unknown;
    try {
      data = JSON.parse(text);
    } catch {
      return;
    }
    const parsed = wireMessage.safeParse(data);
    if (!parsed.success) return;
    const message = parsed.data;
    if (message.kind === 'event') return tell(message.event);
    const call = pending.get(message.id);
    pending.delete(message.id);
    if (message.kind === 'reply') call?.resolve(message.output);
    else call?.reject(new WorkbenchError(message.failure));
  };

  const connect = (): void => {
    const current = open();
    socket = current;
    current.onopen = () => {
      ready = true;
      delay = FIRST_DELAY;
      if (toldDown) tell({ kind: 'workbench', state: 'up', message: everReady ? 'Connected again.' : 'Connected.' });
      toldDown = false;
      everReady = true;
      const waiting = queue;
      queue = [];
      for (const text of waiting) current.send(text);
    };
    current.onmessage = ({ data }) => {
      if (typeof data === 'string') receive(data);
    };
    current.onclose = () => {
      if (socket !== current) return;
      socket = null;
      ready = false;
      queue = [];
      const lost = [...pending.values()];
      pending.clear();
      for (const call of lost) call.reject(new WorkbenchError(LOST));
      toldDown = true;
      tell({
        kind: 'workbench',
        state: 'down',
        message: everReady
          ? 'The connection to Touchstone was lost. Connecting again…'
          : 'Touchstone does not answer at this address. Trying again…',
      });
      later(connect, delay);
      delay = Math.min(LONGEST_DELAY, delay * 2);
    };
  };
  connect();

  return clientOver({
    send: (operation, input) =>
      new Promise((resolve, reject) => {
        const request: WireRequest = { id: nextId++, operation, input };
        const text = JSON.stringify(request);
        if (socket === null || (!ready && everReady)) return reject(new WorkbenchError(LOST));
        if (!ready && queue.length >= LONGEST_QUEUE) return reject(new WorkbenchError(LOST));
        pending.set(request.id, { resolve, reject });
        if (ready) socket.send(text);
        else queue.push(text);
      }),
    subscribe(listener) {
      const own = (event: unknown): void => listener(event);
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },
  });
}

/** The browser's own socket, to the page's own host. */
export function browserSocket(): SocketLike {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${location.host}/ws`);
  const like: SocketLike = {
    send: (data) => socket.send(data),
    close: () => socket.close(),
    onopen: null,
    onmessage: null,
    onclose: null,
  };
  socket.onopen = () => like.onopen?.();
  socket.onmessage = ({ data }: MessageEvent<unknown>) => like.onmessage?.({ data });
  socket.onclose = () => like.onclose?.();
  return like;
}
