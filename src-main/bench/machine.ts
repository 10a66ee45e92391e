import { execFileSync } from 'node:child_process';
import os from 'node:os';
import { projectRoot } from '../engine/provision/layout.ts';
import { programVersion } from '../workbench/open.ts';
import type { BenchRecord } from './record.ts';

/** The machine that rows are measured on, as far as it explains them. */
export function describeMachine(cores: number, command: string): BenchRecord['machine'] {
  const [first] = os.cpus();
  return {
    cpu: first?.model ?? 'unknown',
    cores: os.cpus().length,
    coresUsed: cores,
    megahertz: first?.speed ?? 0,
    memoryBytes: os.totalmem(),
    platform: `${os.platform()} ${os.arch()} ${os.release()}`,
    node: process.version,
    touchstone: programVersion(),
    commit: commit(),
    loadAverage: os.loadavg()[0] ?? 0,
    date: new Date().toISOString(),
    command,
  };
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: projectRoot(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}
