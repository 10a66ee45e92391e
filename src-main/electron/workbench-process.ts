import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { WorkbenchError, wireMessage } from '../workbench/contract/contract.ts';
import type { Operation, WorkbenchEvent } from '../workbench/contract/contract.ts';
import type { RelayTarget } from './relay.ts';

export interface WorkbenchProcessOptions {
  /** Plain Node 24. */
  readonly execPath: string;
  /** The Workbench's entry, a TypeScript source that Node runs as it is. */
  readonly entry: string;
  readonly args?: readonly string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly onLog: (line: string) => void;
  /** Milliseconds; tests shorten them. */
  readonly times?: Partial<Times>;
}

interface Times {
  /** First pause before a restart; doubles with every failure in a row. */
  readonly backoff: number;
  readonly longestBackoff: number;
  /** How long a call waits for a Workbench that is starting. */
  readonly patience: number;
  /** How long the Workbench may take to end before it is killed. */
  readonly farewell: number;
}

const TIMES: Times = { backoff: 250, longestBackoff: 30_000, patience: 30_000, farewell: 5_000 };
/** Failed starts in a row after which the window is told that it is down (attempts go on, seldom). */
const DOWN_AFTER = 3;
const KEPT_LINES = 40;

interface Pending {
  resolve(output: unknown): void;
  reject(error: WorkbenchError): void;
}
interface Waiting {
  resolve(child: ChildProcess): void;
  reject(error: WorkbenchError): void;
}

const unavailable = (message: string, details: string | null): WorkbenchError =>
  new WorkbenchError({
    kind: 'unavailable',
    message,
    remedy: 'Touchstone restarts it by itself; nothing that was stored is lost. Try again in a moment.',
    details,
  });

/**
 * Starts the Workbench as a plain Node process, speaks the contract's envelopes with it, and keeps it alive. When it
 * ends unasked, pending calls fail with `unavailable`, subscribers hear `restarting` (or `down` after repeated
 * failures), and it is started again after a growing pause. Calls made meanwhile wait for the restart.
 */
export class WorkbenchProcess implements RelayTarget {
  readonly #options: WorkbenchProcessOptions;
  readonly #times: Times;
  readonly #listeners = new Set<(event: WorkbenchEvent) => void>();
  readonly #pending = new Map<number, Pending>();
  readonly #waiting = new Set<Waiting>();
  #child: ChildProcess | null = null;
  #up = false;
  #stopping = false;
  #failures = 0;
  #nextId = 1;
  #restart: NodeJS.Timeout | null = null;
  #lastState: Extract<WorkbenchEvent, { kind: 'workbench' }> | null = null;
  #lines: string[] = [];
  #notices: WorkbenchEvent[] = [];

  constructor(options: WorkbenchProcessOptions) {
    this.#options = options;
    this.#times = { ...TIMES, ...options.times };
  }

  /** Process id of the Workbench, for logs and tests. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The last `workbench` event, for a window that has just been opened; null while the first start is under way. */
  get lastState(): WorkbenchEvent | null {
    return this.#lastState;
  }

  /**
   * What the Workbench said about the data folder as a whole (a damaged database, an own method that cannot be used),
   * for a window that opened after it was said.
   */
  get notices(): readonly WorkbenchEvent[] {
    return this.#notices;
  }

  subscribe(listener: (event: WorkbenchEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  start(): void {
    if (this.#child !== null || this.#stopping) return;
    this.#lines = [];
    this.#notices = [];
    const child = fork(this.#options.entry, [...(this.#options.args ?? [])], {
      execPath: this.#options.execPath,
      execArgv: [],
      cwd: this.#options.cwd,
      env: this.#options.env,
      // As on the sockets. Electron 22 ends with SIGTRAP after it has sent some kilobytes in the other form.
      serialization: 'json',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.#note(text));
    let ended = false;
    const end = (reason: string): void => {
      // A process that could not be started reports 'error' and no 'exit'; one that could reports 'exit', perhaps after
      // an 'error'.
      if (ended) return;
      ended = true;
      this.#ended(child, reason);
    };
    child.on('message', (message) => this.#receive(child, message));
    child.on('error', (error) => {
      if (child.pid === undefined) end(error.message);
      else this.#note(error.message);
    });
    child.on('exit', (code, signal) => end(signal === null ? `exit code ${code ?? '?'}` : `signal ${signal}`));
  }

  /** Calls an operation. Rejects with a WorkbenchError, always. */
  async request(operation: Operation, input: unknown): Promise<unknown> {
    const child = await this.#ready();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      child.send({ id, operation, input }, (error) => {
        if (error !== null && this.#pending.delete(id))
          reject(unavailable('The Workbench could not be reached.', error.message));
      });
    });
  }

  /** Ends the Workbench: asks, waits for its exit, kills it when it does not come. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    const child = this.#child;
    const stopped = unavailable('Touchstone is closing.', null);
    for (const waiting of this.#waiting) waiting.reject(stopped);
    this.#waiting.clear();
    if (child === null || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    await new Promise<void>((resolve) => {
      const kill = setTimeout(() => child.kill('SIGKILL'), this.#times.farewell);
      child.once('exit', () => {
        clearTimeout(kill);
        resolve();
      });
      // A closed channel is the portable "please end"; Windows knows no signals that a process could answer.
      if (child.connected) child.disconnect();
      if (process.platform !== 'win32') child.kill('SIGTERM');
    });
  }

  #ready(): Promise<ChildProcess> {
    if (this.#child !== null && this.#up) return Promise.resolve(this.#child);
    if (this.#stopping) return Promise.reject(unavailable('Touchstone is closing.', null));
    if (this.#lastState?.state === 'down') return Promise.reject(unavailable(this.#lastState.message, this.#tail()));
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#waiting.delete(waiting);
        reject(unavailable('The Workbench is still starting.', this.#tail()));
      }, this.#times.patience);
      const waiting: Waiting = {
        resolve: (child) => {
          clearTimeout(late);
          resolve(child);
        },
        reject: (error) => {
          clearTimeout(late);
          reject(error);
        },
      };
      this.#waiting.add(waiting);
    });
  }

  #receive(child: ChildProcess, raw: unknown): void {
    if (child !== this.#child) return;
    const parsed = wireMessage.safeParse(raw);
    if (!parsed.success) return this.#note('the Workbench sent a message that is not of the contract');
    const message = parsed.data;
    if (message.kind === 'event') {
      if (message.event.kind === 'workbench' && message.event.state === 'up') this.#isUp(child, message.event);
      else this.#publish(message.event);
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === 'reply') pending?.resolve(message.output);
    else pending?.reject(new WorkbenchError(message.failure));
  }

  #isUp(child: ChildProcess, event: WorkbenchEvent): void {
    this.#up = true;
    this.#failures = 0;
    for (const waiting of this.#waiting) waiting.resolve(child);
    this.#waiting.clear();
    this.#publish(event);
  }

  #ended(child: ChildProcess, reason: string): void {
    if (child !== this.#child) return;
    const wasUp = this.#up;
    this.#child = null;
    this.#up = false;
    this.#failures = wasUp ? 1 : this.#failures + 1;
    const error = unavailable('The Workbench ended while it was answering.', reason);
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
    if (this.#stopping) return;
    this.#options.onLog(`the Workbench ended (${reason})`);

    const down = this.#failures >= DOWN_AFTER;
    this.#publish(
      down
        ? {
            kind: 'workbench',
            state: 'down',
            message: `The Workbench cannot be started (${reason}). ${this.#tail() ?? ''}`.trim(),
          }
        : {
            kind: 'workbench',
            state: 'restarting',
            message:
              `The Workbench stopped unexpectedly (${reason}). It is being restarted; trials go on from their ` +
              'last checkpoints.',
          },
    );
    if (down) {
      const refused = unavailable('The Workbench cannot be started.', this.#tail());
      for (const waiting of this.#waiting) waiting.reject(refused);
      this.#waiting.clear();
    }
    this.#restart = setTimeout(
      () => {
        this.#restart = null;
        this.start();
      },
      Math.min(this.#times.longestBackoff, this.#times.backoff * 2 ** (this.#failures - 1)),
    );
  }

  #publish(event: WorkbenchEvent): void {
    if (event.kind === 'workbench') this.#lastState = event;
    if (event.kind === 'log' && event.trial === null && event.level !== 'info')
      this.#notices = [...this.#notices.slice(-19), event];
    for (const listener of this.#listeners) listener(event);
  }

  #note(text: string): void {
    for (const line of text.split('\n')) {
      if (line.trim() === '') continue;
      this.#lines.push(line.slice(0, 500));
      this.#options.onLog(line);
    }
    this.#lines = this.#lines.slice(-KEPT_LINES);
  }

  /** The last lines that the Workbench wrote, which usually say why it ended. */
  #tail(): string | null {
    return this.#lines.length === 0 ? null : this.#lines.slice(-8).join('\n');
  }
}
