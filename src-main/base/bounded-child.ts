import { fork } from 'node:child_process';
import os from 'node:os';

export interface ChildOptions {
  /** A TypeScript source that Node runs as it is. */
  readonly entry: string;
  readonly args: readonly string[];
  readonly heapMegabytes: number;
  /** What it does, for the sentence about its unexpected end: "The importing process". */
  readonly name: string;
  /** The error to give where it ended for want of memory. */
  readonly tooLarge: () => Error;
}

/** A process of our own that does one piece of work, below the priority and within the memory that it may have. */
export interface BoundedChild {
  /** Sends a message; resolves with the next one that it sends. One at a time. Rejects when it ends instead. */
  ask(message: object): Promise<unknown>;
  /** The next message that it sends by itself. Rejects as `ask`. */
  next(): Promise<unknown>;
  /** Sends a message and waits for nothing. */
  say(message: object): void;
  /** Ends it, whatever it does. */
  end(): void;
}

const KEPT_TEXT = 2_000;

/** Whoever has to answer others gives such work away, and goes on answering. Messages carry typed arrays. */
export function boundedChild({ entry, args, heapMegabytes, name, tooLarge }: ChildOptions): BoundedChild {
  const child = fork(entry, args, {
    execArgv: [`--max-old-space-size=${heapMegabytes}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  try {
    if (child.pid !== undefined) os.setPriority(child.pid, os.constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or this system has no priorities.
  }
  let said = '';
  child.stderr?.on('data', (text: unknown) => {
    said = (said + String(text)).slice(-KEPT_TEXT);
  });
  const messages: unknown[] = [];
  let waiting: { resolve(message: unknown): void; reject(error: Error): void } | null = null;
  let failed: Error | null = null;
  const fail = (error: Error): void => {
    failed ??= error;
    waiting?.reject(failed);
    waiting = null;
  };
  child.on('error', fail);
  child.on('message', (message) => {
    if (waiting === null) messages.push(message);
    else waiting.resolve(message);
    waiting = null;
  });
  child.on('exit', (code, signal) =>
    fail(
      /heap|memory/i.test(said) || signal === 'SIGKILL' || signal === 'SIGABRT'
        ? tooLarge()
        : new Error(`${name} ended (${signal ?? `exit code ${code ?? 0}`}). ${said}`),
    ),
  );
  const next = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (messages.length > 0) resolve(messages.shift());
      else if (failed !== null) reject(failed);
      else waiting = { resolve, reject };
    });
  return {
    next,
    ask(message) {
      if (failed === null) child.send(message, (error) => error !== null && fail(error));
      return next();
    },
    say: (message) => void (failed === null && child.send(message, (error) => error !== null && fail(error))),
    end: () => void child.kill('SIGKILL'),
  };
}
