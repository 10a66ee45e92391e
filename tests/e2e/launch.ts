import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { CLI, NODE, ROOT } from './places.ts';

/** Environment of a program under test: its own data folder and nothing of this test run's own switches. */
export function environment(dataFolder: string, extra: Record<string, string> = {}): Record<string, string> {
  const kept = Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined || /^(PLAYWRIGHT_|PW_|NODE_OPTIONS$|FORCE_COLOR$|DEBUG)/.test(name) ? [] : [[name, value]])));
  return { ...kept, TOUCHSTONE_DATA: dataFolder, ...extra };
}

export interface Served { readonly url: string; readonly process: ChildProcess; output(): string; stop(): Promise<void> }

/** Starts `touchstone serve` on its own data folder and waits until it says where. */
export async function serve(dataFolder: string, args: readonly string[] = []): Promise<Served> {
  const child = spawn(NODE, [CLI, 'serve', ...args], { cwd: ROOT, env: environment(dataFolder), stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`"touchstone serve" printed no address within a minute:\n${output}`)), 60_000);
    const read = (text: string): void => {
      output += text;
      const match = /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/.exec(output);
      if (match === null) return;
      clearTimeout(late);
      resolve(match[0]);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('exit', (code, signal) => {
      clearTimeout(late);
      reject(new Error(`"touchstone serve" ended (${code ?? signal}):\n${output}`));
    });
  });
  return {
    url, process: child, output: () => output,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const last = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await exited;
      clearTimeout(last);
    },
  };
}
