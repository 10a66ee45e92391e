import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A running `touchstone serve`. */
export interface Served {
  /** Where the interface is, with the token of its first visit. */
  readonly url: string;
  readonly process: ChildProcess;
  /** All that it has printed so far. */
  output(): string;
  /** Ends it as a person would, and by force when that takes too long. */
  stop(): Promise<void>;
}

export interface ServeOptions {
  /** The program's folder. */
  readonly root: string;
  /** The plain Node that runs it. */
  readonly node: string;
  readonly args?: readonly string[];
  /** All of its environment, the data folder among it. */
  readonly env: NodeJS.ProcessEnv;
}

const ADDRESS = /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/;
const PATIENCE_MS = 60_000;
const FAREWELL_MS = 10_000;

/**
 * Starts `touchstone serve` and waits until it says where. Rejects with what it printed when it ends before that, or
 * says nothing for a minute. For the benchmark and the end-to-end tests.
 */
export async function serve({ root, node, args = [], env }: ServeOptions): Promise<Served> {
  const child = spawn(node, [join(root, 'src-main', 'cli', 'main.ts'), 'serve', ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`"touchstone serve" printed no address within a minute:\n${output}`)),
      PATIENCE_MS,
    );
    const read = (text: string): void => {
      output += text;
      const address = ADDRESS.exec(output)?.[0];
      if (address === undefined) return;
      clearTimeout(late);
      resolve(address);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('exit', (code, signal) => {
      clearTimeout(late);
      reject(new Error(`"touchstone serve" ended (${code ?? signal}):\n${output}`));
    });
  });
  return {
    url,
    process: child,
    output: () => output,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const last = setTimeout(() => child.kill('SIGKILL'), FAREWELL_MS);
      await exited;
      clearTimeout(last);
    },
  };
}
