import {
  NOT_SIGNED_IN,
  SOCKET_PROTOCOLS,
  WorkbenchError,
  wireMessage,
} from '../../src-main/workbench/contract/contract.ts';
import type {
  WireRequest,
  WorkbenchClient,
  WorkbenchEvent,
  WorkbenchFailure,
} from '../../src-main/workbench/contract/contract.ts';
import { clientOver } from './client.ts';
import { failure } from './failures.ts';

/** The part of a WebSocket that is used; tests pass their own. */
export interface SocketLike {
  send(data: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  /** With the code of the closing. */
  onclose: ((code: number) => void) | null;
}

export interface SocketOptions {
  /** Opens a socket with a token. */
  readonly open: (token: string) => SocketLike;
  /** The token of the run, and word of another one. */
  readonly tokens: { current(): string | null; onNew(listener: () => void): void };
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
/** Nothing can be asked before the person has opened the right address. */
const SIGNED_OUT = failure(
  'unavailable',
  'This page is not signed in: Touchstone was started anew, or the address had no token.',
  'Open the address that "touchstone serve" printed when it started; this page then connects by itself.',
);
const LONGEST_QUEUE = 200;

/**
 * Client over the loopback shell's WebSocket, which is opened with the token of the run. A lost connection is opened
 * again with growing delays; calls that were under way fail with kind `unavailable`, calls made while the first
 * connection opens wait for it. Where the token is not that of the run nothing is tried again until there is another
 * one, and every call says what to do.
 */
export function socketClient({ open, tokens, later }: SocketOptions): WorkbenchClient {
  const pending = new Map<number, Pending>();
  const listeners = new Set<(event: unknown) => void>();
  let queue: string[] = [];
  let socket: SocketLike | null = null;
  let ready = false;
  let everReady = false;
  let signedOut = false;
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

  const failAll = (why: WorkbenchFailure): void => {
    queue = [];
    const lost = [...pending.values()];
    pending.clear();
    for (const call of lost) call.reject(new WorkbenchError(why));
  };

  const signOut = (): void => {
    signedOut = true;
    toldDown = true;
    failAll(SIGNED_OUT);
    tell({ kind: 'workbench', state: 'down', message: `${SIGNED_OUT.message} ${SIGNED_OUT.remedy ?? ''}` });
  };

  const connect = (): void => {
    const token = tokens.current();
    if (token === null) return signOut();
    const current = open(token);
    socket = current;
    signedOut = false;
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
    current.onclose = (code) => {
      if (socket !== current) return;
      socket = null;
      ready = false;
      if (code === NOT_SIGNED_IN) return signOut();
      failAll(LOST);
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
  // In a moment, so that who is told of a missing token has had time to listen.
  later(connect, 0);
  tokens.onNew(() => {
    if (!signedOut) return;
    signedOut = false;
    connect();
  });

  return clientOver({
    send: (operation, input) =>
      new Promise((resolve, reject) => {
        const request: WireRequest = { id: nextId++, operation, input };
        const text = JSON.stringify(request);
        if (signedOut) return reject(new WorkbenchError(SIGNED_OUT));
        if (!ready && everReady) return reject(new WorkbenchError(LOST));
        if (!ready && queue.length >= LONGEST_QUEUE) return reject(new WorkbenchError(LOST));
        pending.set(request.id, { resolve, reject });
        if (ready) socket?.send(text);
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
export function browserSocket(token: string): SocketLike {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${location.host}/ws`, [
    SOCKET_PROTOCOLS.signedIn,
    SOCKET_PROTOCOLS.signedOut,
    token,
  ]);
  const like: SocketLike = {
    send: (data) => socket.send(data),
    close: () => socket.close(),
    onopen: null,
    onmessage: null,
    onclose: null,
  };
  socket.onopen = () => {
    // The other protocol is that of a socket that is about to be closed with the reason.
    if (socket.protocol === SOCKET_PROTOCOLS.signedIn) like.onopen?.();
  };
  socket.onmessage = ({ data }: MessageEvent<unknown>) => like.onmessage?.({ data });
  socket.onclose = ({ code }) => like.onclose?.(code);
  return like;
}
