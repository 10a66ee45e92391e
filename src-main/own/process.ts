import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { fromProcess } from './messages.ts';
import type { Question } from './messages.ts';

export interface OwnTimes {
  /** Milliseconds that Node and the program's own modules may take. */
  readonly start: number;
  /** Milliseconds that the file may take for an answer. */
  readonly answer: number;
  /** How long the process is kept for another question. */
  readonly idle: number;
}

const TIMES: OwnTimes = { start: 60_000, answer: 5_000, idle: 2_000 };
const ENTRY = fileURLToPath(new URL('./host.ts', import.meta.url));
const KEPT_TEXT = 2_000;

/**
 * A process that holds one file of the person's and answers questions about it, so that whatever the file does (ends
 * its process, runs for ever, changes prototypes) stays there. It ends by itself when nothing is asked.
 */
export class OwnProcess {
  readonly #file: string;
  readonly #times: OwnTimes;
  #child: ChildProcess | null = null;
  #idle: NodeJS.Timeout | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(file: string, times: Partial<OwnTimes> = {}) {
    this.#file = file;
    this.#times = { ...TIMES, ...times };
  }

  /**
   * The file's answer, parsed. Rejects with a sentence that continues "Your file … cannot be used: ". One question at a
   * time.
   */
  ask<T>(question: Question, schema: z.ZodType<T>): Promise<T> {
    const asked = this.#last.then(() => this.#ask(question));
    this.#last = asked.catch(() => undefined);
    return asked.then((answer) => {
      const parsed = schema.safeParse(answer);
      if (parsed.success) return parsed.data;
      const [issue] = parsed.error.issues;
      throw new Error(`what it says of itself cannot be read: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
    });
  }

  #ask(question: Question): Promise<unknown> {
    const isNew = this.#child === null;
    const child = (this.#child ??= this.#fork());
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout;
      let output = '';
      const wait = (ms: number, message: string): void => {
        clearTimeout(timer);
        timer = setTimeout(() => end(() => reject(new Error(message)), true), ms);
      };
      const awaitAnswer = (): void =>
        wait(
          this.#times.answer,
          `it did not answer within ${this.#times.answer / 1000} s: a loop without an end, or an await that ` +
            'nothing ends',
        );
      const end = (settle: () => void, isLost: boolean): void => {
        clearTimeout(timer);
        child.off('message', hear).off('exit', ended).off('error', failed);
        child.stderr?.off('data', note);
        if (isLost) this.#drop(child);
        else this.#rest(child);
        settle();
      };
      const note = (text: string): void => {
        output = (output + text).slice(-KEPT_TEXT);
      };
      const hear = (raw: unknown): void => {
        const message = fromProcess.safeParse(raw);
        if (!message.success) end(() => reject(new Error('it sent something that is no answer')), true);
        else if (message.data.kind === 'begun') awaitAnswer();
        else if (message.data.kind === 'answer') {
          const { answer } = message.data;
          end(() => resolve(answer), false);
        } else {
          const { message: reason } = message.data;
          end(() => reject(new Error(reason)), true);
        }
      };
      const ended = (code: number | null, signal: string | null): void => {
        const how = signal === null ? `exit code ${code ?? '?'}` : signal;
        const said = /^\w*Error: .+$/m.exec(output)?.[0];
        end(
          () => reject(new Error(said ?? `it ended the process that looked at it (${how}), as process.exit does`)),
          true,
        );
      };
      const failed = (error: Error): void => end(() => reject(error), true);
      child.on('message', hear).on('exit', ended).on('error', failed);
      child.stderr?.setEncoding('utf8').on('data', note);
      if (this.#idle !== null) clearTimeout(this.#idle);
      child.ref();
      child.channel?.ref();
      if (isNew) wait(this.#times.start, 'the process that looks at it did not start in time; try again');
      else awaitAnswer();
      child.send(question, () => undefined);
    });
  }

  #fork(): ChildProcess {
    const environment = Object.entries(process.env).filter(([name]) => !/^(NODE_OPTIONS$|ELECTRON_)/.test(name));
    const child = fork(ENTRY, [this.#file], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: Object.fromEntries(environment),
    });
    child.once('exit', () => {
      if (this.#child === child) this.#child = null;
    });
    return child;
  }

  /** Kept for a moment, because a plan asks for each seed; it keeps nothing else from ending. */
  #rest(child: ChildProcess): void {
    this.#idle = setTimeout(() => this.#drop(child), this.#times.idle);
    this.#idle.unref();
    child.unref();
    child.channel?.unref();
  }

  #drop(child: ChildProcess): void {
    if (this.#child === child) this.#child = null;
    child.kill('SIGKILL');
  }
}
