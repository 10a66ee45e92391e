import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Surroundings } from './layout.ts';

export interface CommandResult {
  readonly code: number | null;
  /** Standard output and error as they came. */
  readonly output: string;
}

/** The full path of a program on PATH, or null. */
export function findProgram(where: Pick<Surroundings, 'env' | 'platform'>, name: string): string | null {
  const endings = where.platform === 'win32' ? (where.env['PATHEXT'] ?? '.EXE;.CMD;.BAT').split(';') : [''];
  for (const folder of (where.env['PATH'] ?? where.env['Path'] ?? '').split(delimiter).filter(Boolean)) {
    for (const ending of endings) {
      const file = join(folder, name + ending);
      try {
        accessSync(file, constants.X_OK);
        if (statSync(file).isFile()) return file;
      } catch {
        /* not here */
      }
    }
  }
  return null;
}

/** Runs a program to its end; a program that can't be started answers code null and the reason. Aborting kills it. */
export function runCommand(
  command: readonly [string, ...string[]],
  options: {
    cwd?: string;
    env?: Readonly<Record<string, string | undefined>>;
    signal?: AbortSignal | undefined;
    timeoutMs?: number;
  } = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const [program, ...args] = command;
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...(options.env ?? process.env) },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: options.signal,
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      // Only the end matters for an error message.
      output = (output + chunk.toString('utf8')).slice(-100_000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) =>
      error.name === 'AbortError' ? reject(error) : resolve({ code: null, output: `${output}${error.message}` }),
    );
    child.on('close', (code, signal) => resolve({ code, output: signal ? `${output}\n(ended by ${signal})` : output }));
  });
}

/** The last lines that carry a message, for an error of one paragraph. */
export const lastLines = (output: string, count = 4): string =>
  output
    .split(/[\r\n]+/)
    .map((l) => l.trimEnd())
    .filter((l) => l.trim() !== '')
    .slice(-count)
    .join(' / ')
    .slice(0, 800);

/** How pip is called here (`python3 -m pip`, `pip3`, …), or null. */
export function findPip(where: Pick<Surroundings, 'env' | 'platform'>): readonly [string, ...string[]] | null {
  for (const name of where.platform === 'win32' ? ['py', 'python'] : ['python3', 'python']) {
    const python = findProgram(where, name);
    if (python) return [python, '-m', 'pip'];
  }
  for (const name of ['pip3', 'pip']) {
    const pip = findProgram(where, name);
    if (pip) return [pip];
  }
  return null;
}

/** The C++ compiler: CXX, else the usual names; null when there is none. */
export function findCompiler(where: Pick<Surroundings, 'env' | 'platform'>): string | null {
  const own = where.env['CXX'];
  for (const name of [...(own ? [own] : []), 'c++', 'g++', 'clang++']) {
    const found = /[\\/]/.test(name) ? name : findProgram(where, name);
    if (found) return found;
  }
  return null;
}
