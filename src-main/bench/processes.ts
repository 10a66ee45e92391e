import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The process and every one below it, by the system's own list; only where there is `ps`. */
export function processTree(root: number): number[] {
  const listed = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8', maxBuffer: 16e6 })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const found = [root];
  for (const parent of found)
    for (const [pid, above] of listed)
      if (above === parent && pid !== undefined && !found.includes(pid)) found.push(pid);
  return found;
}

/**
 * Memory of these processes together: shared pages counted once where the system can tell (Linux's PSS), else the sum
 * of resident sets.
 */
export function memoryOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (proportional(pid) ?? resident(pid)), 0);
}

function proportional(pid: number): number | null {
  try {
    const match = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    return match?.[1] === undefined ? null : Number(match[1]) * 1024;
  } catch {
    return null;
  }
}

function resident(pid: number): number {
  try {
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).trim()) * 1024;
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}
