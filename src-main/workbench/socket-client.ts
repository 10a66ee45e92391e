import net from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { contract, WorkbenchError, wireMessage } from './contract/contract.ts';
import type { Input, Operation, Output, WorkbenchClient, WorkbenchEvent } from './contract/contract.ts';
import { parseLine } from './socket.ts';

/** The contract seen so that an operation's parser and its type stay together. */
const outputs: { readonly [K in Operation]: { readonly output: z.ZodType<Output<K>> } } = contract;

export interface SocketClient extends WorkbenchClient {
  /** False where the connection was closed meanwhile; rejects where nothing answers in time. */
  ping(): Promise<boolean>;
  close(): void;
  /** Called once when the Workbench behind the socket is gone. */
  onGone(listener: () => void): void;
}

export interface SocketOptions {
  /** ` (process 123 on host, …)`: who holds the folder, for what is said about it. */
  readonly holder?: string;
  /** The holder's process, for the command that lets it go on. */
  readonly pid?: number | undefined;
  /** A Workbench of which nothing was heard for so long, although it was pinged, is stopped or hangs. */
  readonly silenceMs?: number;
  /** How long an answer may take while pings are answered; see LONG_OPERATIONS. */
  readonly answerMs?: number;
}

const SILENCE_MS = 10_000;
/** Pings within that time: one lost to a clock that jumped, or to a process that slept itself, proves nothing. */
const BEATS = 5;
const ANSWER_MS = 2 * 60_000;
/** They compute, download or read for as long as it takes: pings alone say whether the other process still works. */
const LONG_OPERATIONS = /^(?:data\.|report\.|study\.(?!list$|get$|rename$)|system\.doctor$)/;

interface Waiting {
  resolve(output: unknown): void;
  reject(error: WorkbenchError): void;
}

/**
 * Talks to the Workbench that another shell runs. Rejects with WorkbenchError (unavailable) when nobody answers there.
 * While something is asked or listened for, the other side is pinged: when it falls silent, what waits is rejected and
 * listeners hear that it is `down`.
 */
export async function connectSocket(address: string, options: SocketOptions = {}): Promise<SocketClient> {
  const { holder = '', silenceMs = SILENCE_MS, answerMs = ANSWER_MS } = options;
  const socket = net.createConnection(address);
  await new Promise<void>((done, failed) => {
    socket.once('connect', done);
    socket.once('error', (error) => failed(gone(error.message, holder)));
  });
  const pending = new Map<number, Waiting>();
  const listeners = new Set<(event: WorkbenchEvent) => void>();
  const farewells = new Set<() => void>();
  let next = 1;
  let unanswered = 0;
  const tell = (event: WorkbenchEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const send = (operation: string, input: unknown, waiting: Waiting): number => {
    const id = next++;
    pending.set(id, waiting);
    socket.write(`${JSON.stringify({ id, operation, input })}\n`);
    return id;
  };
  const rejectAll = (error: WorkbenchError): void => {
    for (const waiting of pending.values()) waiting.reject(error);
    pending.clear();
  };
  const heartbeat = setInterval(() => {
    if (pending.size === 0 && listeners.size === 0) return;
    unanswered += 1;
    if (unanswered <= BEATS) {
      send('system.ping', {}, { resolve: () => undefined, reject: () => undefined });
      return;
    }
    const error = silent(options, silenceMs);
    rejectAll(error);
    if (unanswered === BEATS + 1) tell({ kind: 'workbench', state: 'down', message: error.message });
  }, silenceMs / BEATS);
  const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('error', () => undefined);
  lines.on('line', (line) => {
    if (unanswered > BEATS) tell({ kind: 'workbench', state: 'up', message: 'The other Touchstone answers again.' });
    unanswered = 0;
    const parsed = wireMessage.safeParse(parseLine(line));
    if (!parsed.success) return;
    const message = parsed.data;
    if (message.kind === 'event') return tell(message.event);
    const waiting = pending.get(message.id);
    pending.delete(message.id);
    if (message.kind === 'reply') waiting?.resolve(message.output);
    else waiting?.reject(new WorkbenchError(message.failure));
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearInterval(heartbeat);
    rejectAll(gone('the connection was closed', holder));
    for (const farewell of farewells) farewell();
  });
  const call = <K extends Operation>(operation: K, input: Input<K>): Promise<Output<K>> =>
    new Promise((resolveCall, reject) => {
      if (!socket.writable) return reject(gone('the connection is closed', holder));
      const timer = LONG_OPERATIONS.test(operation)
        ? null
        : setTimeout(() => {
            pending.delete(id);
            reject(late(operation, holder, answerMs));
          }, answerMs);
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          if (timer !== null) clearTimeout(timer);
          settle(value);
        };
      const id = send(operation, input, {
        reject: settled(reject),
        resolve: settled((output: unknown) => {
          const parsed = outputs[operation].output.safeParse(output);
          if (parsed.success) return resolveCall(parsed.data);
          const why = `its answer to ${operation} is not of this version: ${z.prettifyError(parsed.error)}`;
          reject(gone(why, holder));
        }),
      });
    });
  return {
    call,
    ping: () =>
      call('system.ping', {}).then(
        () => true,
        (error: unknown) => {
          // Another version's complaint is an answer too.
          if (!socket.writable) return false;
          if (error instanceof WorkbenchError && error.failure.kind === 'unavailable') throw error;
          return true;
        },
      ),
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    onGone: (listener) => void farewells.add(listener),
    close: () => void socket.destroy(),
  };
}

const unavailable = (message: string, remedy: string): WorkbenchError =>
  new WorkbenchError({ kind: 'unavailable', message, remedy, details: null });

function gone(reason: string, holder: string): WorkbenchError {
  return unavailable(
    `The Touchstone that holds this data folder${holder} does not answer (${reason}).`,
    'Try again in a moment; if it stays so, close the other Touchstone.',
  );
}

function silent({ holder = '', pid }: SocketOptions, silenceMs: number): WorkbenchError {
  const said = `The Touchstone that holds this data folder${holder} has not answered for ${seconds(silenceMs)}`;
  const goOn = pid === undefined ? '' : ` (or \`kill -CONT ${pid}\`)`;
  const end = pid === undefined ? 'end it' : `end it (\`kill -KILL ${pid}\`)`;
  return unavailable(
    `${said}: it is stopped, or hangs.`,
    `If it was stopped with Ctrl-Z, \`fg\`${goOn} lets it go on; else ${end}, and its trials go on ` +
      'from their checkpoints.',
  );
}

function late(operation: Operation, holder: string, answerMs: number): WorkbenchError {
  return unavailable(
    `The Touchstone that holds this data folder${holder} runs, but has not answered ${operation} for ` +
      `${seconds(answerMs)}.`,
    'Try again; if it stays so, close the other Touchstone and report this.',
  );
}

const seconds = (milliseconds: number): string => `${Math.max(1, Math.round(milliseconds / 1000))} s`;
