import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock, inspectLock } from '../../../src-main/engine/provision/lock.ts';

let folder: string, file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'touchstone-lock-'));
  file = path.join(folder, 'work.lock');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const fast = { pollMs: 10 };
async function pidThatIsGone(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

describe('acquireLock', () => {
  it('is held until disposed and leaves nothing', async () => {
    const lock = await acquireLock(file, fast);
    expect(inspectLock(file)).toMatchObject({
      held: true,
      stale: false,
      holder: { pid: process.pid, host: hostname() },
    });
    lock[Symbol.dispose]();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('makes the second wait for the first', async () => {
    const order: string[] = [];
    const first = await acquireLock(file, fast);
    const second = acquireLock(file, { ...fast, onWait: () => order.push('waits') }).then((lock) => {
      order.push('second');
      lock[Symbol.dispose]();
    });
    await sleep(60);
    order.push('first ends');
    first[Symbol.dispose]();
    await second;
    expect(order).toEqual(['waits', 'first ends', 'second']);
  });

  it('lets only one in at a time, also over a stale lock', async () => {
    writeFileSync(file, JSON.stringify({ pid: await pidThatIsGone(), host: hostname(), token: 'old' }));
    let inside = 0,
      most = 0;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        using _lock = await acquireLock(file, fast);
        most = Math.max(most, ++inside);
        await sleep(5);
        inside--;
      }),
    );
    expect(most).toBe(1);
    expect(existsSync(file)).toBe(false);
  });

  it('takes over the lock of a process that is gone at once', async () => {
    writeFileSync(file, JSON.stringify({ pid: await pidThatIsGone(), host: hostname(), token: 'old' }));
    expect(inspectLock(file).stale).toBe(true);
    using lock = await acquireLock(file, fast);
    expect(lock.holder.pid).toBe(process.pid);
  });

  it('respects another machine’s lock while it is refreshed, and takes it over when it has been silent', async () => {
    writeFileSync(file, JSON.stringify({ pid: 1, host: 'elsewhere', token: 'x' }));
    expect(inspectLock(file).stale).toBe(false);
    const long = new Date(Date.now() - 60_000);
    utimesSync(file, long, long);
    expect(inspectLock(file).stale).toBe(true);
  });

  it('treats an unreadable lock as held until it has been silent', () => {
    writeFileSync(file, '{');
    expect(inspectLock(file)).toMatchObject({ held: true, stale: false, holder: null });
  });

  it('stops waiting when aborted', async () => {
    using _lock = await acquireLock(file, fast);
    await expect(acquireLock(file, { ...fast, signal: AbortSignal.timeout(40) })).rejects.toThrow();
  });

  it('does not remove a lock that somebody else took meanwhile', async () => {
    const lock = await acquireLock(file, fast);
    writeFileSync(file, JSON.stringify({ pid: 1, host: 'elsewhere', token: 'other' }));
    lock[Symbol.dispose]();
    expect(existsSync(file)).toBe(true);
  });
});
