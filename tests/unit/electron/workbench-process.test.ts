import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WorkbenchProcess } from '../../../src-main/electron/workbench-process.ts';
import type { WorkbenchEvent } from '../../../src-main/workbench/contract/contract.ts';

const entry = path.join(import.meta.dirname, '../../fixtures/electron/workbench-stub.mjs');
const env = { PATH: process.env['PATH'] ?? '' };
let running: WorkbenchProcess[] = [];

function start(args: string[] = [], options: { execPath?: string; farewell?: number } = {}) {
  const events: WorkbenchEvent[] = [];
  const logs: string[] = [];
  const workbench = new WorkbenchProcess({
    execPath: options.execPath ?? process.execPath,
    entry,
    args,
    cwd: import.meta.dirname,
    env,
    onLog: (line) => logs.push(line),
    times: { backoff: 20, longestBackoff: 200, patience: 5000, farewell: options.farewell ?? 2000 },
  });
  workbench.subscribe((event) => events.push(event));
  workbench.start();
  running.push(workbench);
  const states = () => events.map((event) => (event.kind === 'workbench' ? event.state : event.kind));
  return { workbench, events, logs, states };
}
const alive = (pid: number | undefined): boolean => {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
};
const pidOf = (output: unknown): number =>
  typeof output === 'object' && output !== null && 'pid' in output ? Number(output.pid) : NaN;

afterEach(async () => {
  await Promise.all(running.map((workbench) => workbench.stop()));
  running = [];
});

describe('WorkbenchProcess', () => {
  it('holds calls until the Workbench is up, then carries them and its failures', async () => {
    const { workbench } = start();
    expect(await workbench.request('system.info', { a: new Float32Array([1]) })).toMatchObject({
      operation: 'system.info',
      input: { a: new Float32Array([1]) },
      options: null,
    });
    await expect(workbench.request('study.get', { id: 'x' })).rejects.toMatchObject({
      failure: { kind: 'not-found', message: 'no x' },
    });
  });

  it('passes events on and drops what is not of the contract', async () => {
    const { workbench, states, logs } = start();
    await workbench.request('data.list', {});
    expect(states()).toEqual(['up', 'study-deleted', 'log', 'log', 'log']);
    // What concerns the whole data folder is kept for a window that opens later.
    expect(workbench.notices).toMatchObject([{ message: 'null warning' }]);
    expect(logs.join()).toContain('not of the contract');
  });

  it('fails pending calls when the Workbench dies, says so, restarts it, and new calls wait for it', async () => {
    const { workbench, states, events } = start();
    const first = pidOf(await workbench.request('system.info', {}));
    const hanging = workbench.request('claims.list', {});
    const dying = workbench.request('study.list', {});
    await expect(hanging).rejects.toMatchObject({ failure: { kind: 'unavailable' } });
    await expect(dying).rejects.toMatchObject({ failure: { kind: 'unavailable', details: 'exit code 7' } });
    const second = pidOf(await workbench.request('system.info', {}));
    expect(second).not.toBe(first);
    expect(states()).toEqual(['up', 'restarting', 'up']);
    expect(events[1]).toMatchObject({ message: expect.stringContaining('exit code 7') });
  });

  it('survives kill -9, again and again', async () => {
    const { workbench, states } = start();
    for (let round = 0; round < 3; round += 1) {
      const pid = pidOf(await workbench.request('system.info', {}));
      const seen = states().length;
      process.kill(pid, 'SIGKILL');
      await expect.poll(() => states().slice(seen), { timeout: 5000 }).toEqual(['restarting', 'up']);
      expect(pidOf(await workbench.request('system.info', {}))).not.toBe(pid);
    }
  });

  it('says that it is down, and why, when it cannot be started; waiting calls learn it too', async () => {
    const { workbench, events } = start(['--broken']);
    await expect(workbench.request('system.info', {})).rejects.toMatchObject({
      failure: { kind: 'unavailable', details: expect.stringContaining('newer version') },
    });
    expect(events.at(-1)).toMatchObject({ state: 'down', message: expect.stringContaining('newer version') });
    expect(workbench.lastState).toMatchObject({ state: 'down' });
    await expect(workbench.request('system.info', {})).rejects.toMatchObject({ failure: { kind: 'unavailable' } });
  });

  it('says the same when Node itself is missing', async () => {
    const { workbench } = start([], { execPath: '/nonexistent/node' });
    await expect(workbench.request('system.info', {})).rejects.toMatchObject({ failure: { kind: 'unavailable' } });
  });

  it('ends the Workbench on request, and kills one that does not listen', async () => {
    const polite = start();
    const pid = pidOf(await polite.workbench.request('system.info', {}));
    await polite.workbench.stop();
    expect(alive(pid)).toBe(false);
    await expect(polite.workbench.request('system.info', {})).rejects.toMatchObject({
      failure: { kind: 'unavailable' },
    });

    const stubborn = start(['--stubborn'], { farewell: 100 });
    const other = pidOf(await stubborn.workbench.request('system.info', {}));
    const pending = stubborn.workbench.request('claims.list', {});
    const refused = expect(pending).rejects.toMatchObject({ failure: { kind: 'unavailable' } });
    await stubborn.workbench.stop();
    await refused;
    expect(alive(other)).toBe(false);
    expect(stubborn.states()).toEqual(['up']);
  });
});
