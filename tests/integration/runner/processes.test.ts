import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { lockHolder } from '../../../src-main/base/lock.ts';
import { openWorkbench } from '../../../src-main/workbench/open.ts';
import type { OpenedWorkbench } from '../../../src-main/workbench/open.ts';
import { connectSocket } from '../../../src-main/workbench/socket-client.ts';
import { socketAddress } from '../../../src-main/workbench/socket.ts';
import { ended, fakeParts, NODE, openBench, request, temporaryFolder } from '../../fixtures/fake-workbench.ts';

/** Several programs on one data folder: one holds it, the others talk to it; the end of any of them loses nothing. */

const HOST = fileURLToPath(new URL('../../fixtures/fake-host.ts', import.meta.url));
const line = z.object({
  how: z.string().optional(),
  study: z.string().optional(),
  trial: z.string().optional(),
  state: z.string().optional(),
  done: z.number().optional(),
  pid: z.number().nullable().optional(),
});
type Line = z.infer<typeof line>;

let folder = { path: '', remove: (): void => undefined };
const hosts: ChildProcess[] = [];
const shells: OpenedWorkbench[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const host of hosts.splice(0)) await kill(host);
  for (const shell of shells.splice(0)) await shell.close({ graceful: false });
  folder.remove();
});

function startHost(...args: string[]): {
  host: ChildProcess;
  heard: (accept: (said: Line) => boolean) => Promise<Line>;
} {
  const host = spawn(NODE, [HOST, folder.path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  hosts.push(host);
  const said: Line[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: host.stdout ?? process.stdin }).on('line', (text) => {
    said.push(line.parse(JSON.parse(text)));
    for (const look of [...waiting]) look();
  });
  return {
    host,
    heard: (accept) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = said.find(accept);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}

async function kill(host: ChildProcess): Promise<void> {
  if (host.exitCode !== null || host.signalCode !== null) return;
  const gone = new Promise((resolve) => host.once('exit', resolve));
  host.kill('SIGKILL');
  await gone;
}

async function openShell(): Promise<OpenedWorkbench> {
  const shell = await openWorkbench({ dataFolder: folder.path, parts: (path, store) => fakeParts(path, store) });
  shells.push(shell);
  return shell;
}

describe('a second shell on the same data folder', () => {
  it('talks to the running one over the local socket', async () => {
    const { heard } = startHost();
    await heard(({ how }) => how === 'in-process');
    const shell = await openShell();
    expect(shell.how).toBe('socket');
    const study = await shell.client.call('study.create', request(['fake-walk'], { seeds: [0, 1, 2] }));
    expect(await ended(shell.client, study.id)).toMatchObject({ state: 'done', counts: { done: 3 } });
    await expect(shell.client.call('study.get', { id: 'nothing' })).rejects.toMatchObject({
      name: 'WorkbenchError',
      failure: { kind: 'not-found' },
    });
    await expect(shell.client.call('study.create', request(['fake-nothing']))).rejects.toMatchObject({
      failure: { kind: 'not-found', message: expect.stringContaining('fake-nothing') },
    });
  });

  it('hears when the other one is gone, and can then hold the folder itself', async () => {
    const { host, heard } = startHost();
    await heard(({ how }) => how === 'in-process');
    const shell = await openShell();
    const gone = new Promise<void>((resolve) => shell.onGone(resolve));
    await kill(host);
    await gone;
    await expect(shell.client.call('study.list', {})).rejects.toMatchObject({ failure: { kind: 'unavailable' } });
    expect((await openShell()).how).toBe('in-process');
  });

  it('can only be reached by its owner', async () => {
    await openShell();
    const mode = statSync(socketAddress(folder.path)).mode & 0o777;
    expect(mode).toBe(0o600);
    // What is no envelope gets no answer and does no harm.
    const client = await connectSocket(socketAddress(folder.path));
    expect(await client.call('study.list', {})).toEqual([]);
    client.close();
  });
});

describe('kill -9 of the whole program', () => {
  it('ends its workers, and the study goes on with the same bits at the next start', async () => {
    const { host, heard } = startHost('run');
    const at = await heard(({ state, done, pid }) => state === 'running' && (done ?? 0) >= 8 && pid !== null);
    const { study } = await heard((said) => said.study !== undefined);
    await kill(host);
    await workerGone(at.pid ?? 0);

    const shell = await openShell();
    expect(shell.how).toBe('in-process');
    expect((await ended(shell.client, study ?? '')).state).toBe('done');
    const interrupted = await shell.client.call('trial.get', { id: at.trial ?? '' });
    const notes = readFileSync(join(folder.path, 'worker-notes.txt'), 'utf8').trim().split('\n');
    expect(notes.filter((note) => note === 'slow 7 0')).toHaveLength(1);

    const other = temporaryFolder();
    const calm = await openBench(other.path);
    const again = await calm.workbench.call('study.create', request(['fake-slow'], { seeds: [7] }));
    await ended(calm.workbench, again.id);
    const whole = await calm.workbench.call('trial.get', { id: at.trial ?? '' });
    await calm.workbench.close();
    other.remove();
    expect({ matrices: interrupted.matrices, scalars: interrupted.scalars }).toEqual({
      matrices: whole.matrices,
      scalars: whole.scalars,
    });
  });

  it('a polite end writes a last checkpoint and leaves the folder free', async () => {
    const { host, heard } = startHost('run');
    await heard(({ state, done }) => state === 'running' && (done ?? 0) >= 3);
    const gone = new Promise((resolve) => host.once('exit', resolve));
    host.kill('SIGTERM');
    expect(await gone).toBe(0);
    expect(lockHolder(join(folder.path, 'workbench.lock'))).toBeNull();
  });
});

/** Resolves when a process that is not ours to wait for has ended. */
async function workerGone(pid: number): Promise<void> {
  for (let i = 0; i < 500; i += 1) {
    try {
      process.kill(pid, 0);
      // A killed parent's child is reaped by init; a zombie has ended too.
      if (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('Z') === true) return;
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`worker ${pid} did not end`);
}

describe('a data folder in trouble', () => {
  it('that is blocked by a file says so', async () => {
    writeFileSync(join(folder.path, 'file'), '');
    await expect(openWorkbench({ dataFolder: join(folder.path, 'file', 'data') })).rejects.toMatchObject({
      failure: {
        kind: 'storage',
        message: expect.stringContaining('cannot be used'),
        remedy: expect.stringContaining('TOUCHSTONE_DATA'),
      },
    });
  });

  it('whose database is damaged opens, and every shell hears what happened', async () => {
    writeFileSync(
      join(folder.path, 'results.sqlite'),
      (
        'this is no database, and longer than a header of one hundred bytes, so that nothing mistakes it ' +
        'for an empty one'
      ).repeat(9),
    );
    const shell = await openShell();
    const heard = await new Promise((resolve) =>
      shell.client.subscribe((event) => {
        if (event.kind === 'log') resolve(event.message);
      }),
    );
    expect(heard).toContain('damaged');
    expect(shell.notices[0]).toContain('damaged');
  });

  it('waits with interrupted studies when a command only looks something up', async () => {
    const { host, heard } = startHost('run');
    await heard(({ state, done }) => state === 'running' && (done ?? 0) >= 3);
    const { study } = await heard((said) => said.study !== undefined);
    await kill(host);
    const shell = await openWorkbench({
      dataFolder: folder.path,
      runQueue: false,
      parts: (path, store) => fakeParts(path, store),
    });
    shells.push(shell);
    expect(await shell.client.call('study.get', { id: study ?? '' })).toMatchObject({
      counts: { queued: 1, running: 0 },
    });
    await shell.client.call('study.resume', { id: study ?? '' });
    expect((await ended(shell.client, study ?? '')).state).toBe('done');
  });
});
