import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ended, openBench, request, temporaryFolder, trialWith, when } from '../../fixtures/fake-workbench.ts';
import type { Bench } from '../../fixtures/fake-workbench.ts';

/** What a worker is to the rest of the machine. */

let folder = { path: '', remove: (): void => undefined };
let bench: Bench;
beforeEach(async () => {
  folder = temporaryFolder();
  bench = await openBench(folder.path, { capacity: () => 1 });
});
afterEach(async () => {
  await bench.workbench.close({ graceful: false });
  folder.remove();
});

async function running(): Promise<{ study: string; pid: number }> {
  // The first progress: by then the worker has begun.
  const started = when(bench.workbench, (event) =>
    event.kind === 'trial' && event.trial.progress !== null ? event.trial : null,
  );
  const { id } = await bench.workbench.call('study.create', request(['fake-slow'], { seeds: [1] }));
  return { study: id, pid: bench.workbench.workerPid((await started).id) ?? 0 };
}

it('a worker gives way to the interface: it runs at low priority, the Workbench does not', async () => {
  const { pid } = await running();
  expect(os.getPriority(pid)).toBe(Math.max(10, os.getPriority()));
});

/**
 * What Linux calls the scheduling policies of a process's threads: 0 the usual one, 3 the batch one, 5 the idle one.
 */
const policies = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/task`).map(
    (thread) => readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[38] ?? '',
  );

it.runIf(process.platform === 'linux' && spawnSync('chrt', ['--version']).status === 0)(
  'under a window or a page every thread of a worker is in the batch class: behind the interface, but never starved',
  async () => {
    await bench.workbench.close({ graceful: false });
    bench = await openBench(folder.path, { capacity: () => 1, giveWay: true });
    const { pid } = await running();
    await expect.poll(() => [...new Set(policies(pid))]).toEqual(['3']);
    expect(policies(process.pid)).toContain('0');
  },
);

it('a Ctrl-C in the terminal, which every process of the group hears, leaves the pause to the Workbench', async () => {
  const { study, pid } = await running();
  process.kill(pid, 'SIGINT');
  const paused = when(bench.workbench, trialWith('paused'));
  await bench.workbench.call('study.pause', { id: study });
  expect((await paused).progress?.done).toBeGreaterThan(0);
  await bench.workbench.call('study.resume', { id: study });
  expect(await ended(bench.workbench, study)).toMatchObject({ state: 'done' });
  // No step was computed twice: the pause wrote a checkpoint, and no worker died.
  const steps = bench.notes();
  expect(new Set(steps).size).toBe(steps.length);
});
