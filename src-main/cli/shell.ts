import { createInterface } from 'node:readline/promises';
import { printable } from '../base/plain-text.ts';
import { WorkbenchError } from '../workbench/contract/contract.ts';
import type { WorkbenchClient } from '../workbench/contract/contract.ts';
import { dataFolder } from '../workbench/data-folder.ts';
import { openWorkbench } from '../workbench/open.ts';
import type { OpenedWorkbench, OpenWorkbenchOptions } from '../workbench/open.ts';
import { asWorkbenchError } from '../workbench/wire.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';

/** What a command needs of the outside: output, the Workbench, interruption. */
export interface Shell {
  readonly dataFolder: string;
  out(text: string): void;
  err(text: string): void;
  /** Whether a person can be asked. */
  readonly interactive: boolean;
  /** Asks a question that only "y" or "yes" answers with true. */
  confirm(question: string): Promise<boolean>;
  /** Opens the Workbench, runs the work, closes it. */
  withWorkbench<T>(
    work: (client: WorkbenchClient, opened: OpenedWorkbench) => Promise<T>,
    options?: WorkbenchUse,
  ): Promise<T>;
}

export interface WorkbenchUse {
  /** Take up interrupted studies: what stays open (`serve`) does, a command does not. */
  readonly runQueue?: boolean;
  /** See OpenWorkbenchOptions. */
  readonly onFolder?: () => Promise<void>;
  /** Ask again when the other Touchstone ends under the question; not for what must not happen twice. */
  readonly again?: boolean;
}

const TRIES = 3;

/** The shell of this process; tests give a folder and parts of their own. */
export function processShell(folder = dataFolder(), more: Pick<OpenWorkbenchOptions, 'parts' | 'socket'> = {}): Shell {
  return {
    dataFolder: folder,
    // Names and messages from elsewhere must not move a terminal's cursor or hide what was written.
    out: (text) => void process.stdout.write(`${printable(text, true)}\n`),
    err: (text) => void process.stderr.write(`${printable(text, true)}\n`),
    interactive: process.stdin.isTTY && process.stderr.isTTY,
    async confirm(question) {
      const asked = createInterface({ input: process.stdin, output: process.stderr });
      try {
        const answered = await Promise.race([
          asked.question(`${printable(question)} [y/N] `),
          new Promise<string>((resolve) => asked.once('close', () => resolve(''))),
        ]);
        return /^y(es)?$/i.test(answered.trim());
      } finally {
        asked.close();
      }
    },
    async withWorkbench(work, { runQueue = false, again = true, onFolder } = {}) {
      for (let attempt = 1; ; attempt += 1) {
        const opened = await openWorkbench({
          dataFolder: folder,
          runQueue,
          ...more,
          ...(onFolder === undefined ? {} : { onFolder }),
        });
        for (const notice of opened.notices) this.err(`Note: ${notice}`);
        try {
          return await work(opened.client, opened);
        } catch (error) {
          const gone =
            error instanceof WorkbenchError && error.failure.kind === 'unavailable' && opened.how === 'socket';
          if (!gone || !again || attempt === TRIES) throw error;
        } finally {
          if (!runQueue) await stayForOthers(opened, (text) => this.err(text));
          await opened.close();
        }
      }
    },
  };
}

/**
 * A command that holds the data folder stays until the studies that other commands asked for meanwhile have ended.
 * Ctrl-C ends it sooner: what runs writes its checkpoints, and a command that follows a study goes on with it.
 */
async function stayForOthers(opened: OpenedWorkbench, err: (text: string) => void): Promise<void> {
  const [first, ...more] = opened.running();
  if (first === undefined) return;
  const what = more.length === 0 ? `the study "${first.name}"` : `${more.length + 1} studies`;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const asked = (): void => resolve(undefined);
  // Before it is said: who reads the sentence may press Ctrl-C at once.
  process.once('SIGINT', asked);
  const unsubscribe = opened.client.subscribe((event) => {
    if ((event.kind === 'study' || event.kind === 'study-deleted') && opened.running().length === 0) asked();
  });
  err(`This Touchstone also runs ${what} for others and stays until that has ended; Ctrl-C hands it over.`);
  await promise;
  unsubscribe();
  process.off('SIGINT', asked);
}

/** Runs a command: the exit code is its answer, and an error is its message with what to do, on stderr. */
export async function runCommand(shell: Shell, json: boolean, command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    const { failure } = asWorkbenchError(error);
    if (json) shell.out(JSON.stringify({ error: failure }));
    else {
      shell.err(failure.message);
      if (failure.remedy !== null) shell.err(failure.remedy);
      if (failure.kind === 'internal' && failure.details !== null) shell.err(failure.details);
    }
    process.exitCode = exitCodeOf(failure);
  }
}

/**
 * Runs a command that asks the Workbench and says what it answered: the value as JSON, or as lines for a person. The
 * exit code is 0 unless `code` says more.
 */
export function answer<T>(
  shell: Shell,
  json: boolean,
  ask: (client: WorkbenchClient) => Promise<T>,
  lines: (value: T) => string | readonly string[],
  code: (value: T) => number = () => EXIT.ok,
): Promise<void> {
  return runCommand(shell, json, () =>
    shell.withWorkbench(async (client) => {
      const value = await ask(client);
      if (json) shell.out(JSON.stringify(value, null, 2));
      else for (const line of [lines(value)].flat()) shell.out(line);
      return code(value);
    }),
  );
}

/**
 * Files that a person named: what the system says about them is a message, not a fault of the program. Throws
 * WorkbenchError of kind `storage`.
 */
export function onDisk<T>(work: () => T, trouble: string): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    const remedy =
      error.code === 'ENOSPC'
        ? 'Free some space, or choose a place on another disk.'
        : 'Check the path and its permissions.';
    throw new WorkbenchError({ kind: 'storage', message: `${trouble}: ${error.message}.`, remedy, details: null });
  }
}
