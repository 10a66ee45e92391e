import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LockLost, lockHolder, takeLock, waitForLock } from '../../../src-main/base/lock.ts';
import type { HeldLock } from '../../../src-main/base/lock.ts';

let folder = '';
let path = '';
const locks: HeldLock[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-lock-'));
  path = join(folder, 'work.lock');
});
afterEach(() => {
  for (const lock of locks.splice(0)) lock[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Takes the lock, which must be free. */
function taken(options?: { shared: boolean }): HeldLock {
  const answer = takeLock(path, options);
  if (!('lock' in answer)) throw new Error('it is held');
  locks.push(answer.lock);
  return answer.lock;
}

const LONG_AGO = new Date(Date.now() - 6 * 60_000);
/** What another machine (or an older process) left as the lock's word. */
const written = (more: object = {}): void =>
  writeFileSync(
    path,
    JSON.stringify({ host: 'elsewhere', pid: 1, since: 'then', machine: 'another', token: 'theirs', ...more }),
  );

describe('a lock', () => {
  it('is given to one, says to the other who has it, and is free afterwards', () => {
    const lock = taken();
    expect(takeLock(path)).toMatchObject({ heldBy: { pid: process.pid, host: hostname() } });
    expect(lockHolder(path)?.pid).toBe(process.pid);
    lock[Symbol.dispose]();
    expect(existsSync(path)).toBe(false);
    expect(lockHolder(path)).toBeNull();
    taken().check();
  });

  it('is not taken over from a process of another container, whose number means nothing here', () => {
    taken();
    writeFileSync(path, JSON.stringify({ host: 'container', pid: 2 ** 22 + 1, since: 's', machine: 'm', token: 't' }));
    expect(takeLock(path)).toMatchObject({ heldBy: { host: 'container' } });
    writeFileSync(path, '{');
    expect(takeLock(path)).toEqual({ heldBy: null });
  });

  it('is not taken over from a process that slept', () => {
    taken();
    utimesSync(path, LONG_AGO, LONG_AGO);
    expect('heldBy' in takeLock(path)).toBe(true);
  });

  it('whose process is gone is free at once, whatever it left', () => {
    written();
    taken().check();
  });

  it('can be read by its owner only, whatever the umask', () => {
    const before = process.umask(0);
    try {
      taken();
    } finally {
      process.umask(before);
    }
    for (const file of [path, `${path}.os`]) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('in a folder that cannot be made throws what the file system says', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => takeLock(join(folder, 'file', 'work.lock'))).toThrow(/EEXIST|ENOTDIR/);
  });

  it('is waited for by the next', async () => {
    const order: string[] = [];
    const first = taken();
    const second = waitForLock(path, { pollMs: 10, onWait: (holder) => order.push(`waits for ${holder?.pid}`) });
    await sleep(60);
    order.push('first ends');
    first[Symbol.dispose]();
    locks.push(await second);
    expect(order).toEqual([`waits for ${process.pid}`, 'first ends']);
    await expect(waitForLock(path, { pollMs: 10, signal: AbortSignal.timeout(40) })).rejects.toThrow();
  });
});

describe('on a folder that other machines share', () => {
  it('another machine that refreshes its word is respected, and taken over from when it is silent', () => {
    written();
    expect(takeLock(path, { shared: true })).toMatchObject({ heldBy: { host: 'elsewhere' } });
    expect(lockHolder(path, { shared: true })).toMatchObject({ host: 'elsewhere' });
    utimesSync(path, LONG_AGO, LONG_AGO);
    taken({ shared: true }).check();
  });

  it('a process of this machine that is gone needs no patience', () => {
    const lock = taken({ shared: true });
    const word = readFileSync(path, 'utf8');
    lock[Symbol.dispose]();
    writeFileSync(path, word);
    taken({ shared: true }).check();
  });

  it('a holder that was taken over from while it slept finds out before it writes, and for good', () => {
    const lock = taken({ shared: true });
    lock.check();
    written();
    expect(() => lock.check()).toThrow(LockLost);
    rmSync(path);
    expect(() => lock.check()).toThrow(LockLost);
    expect(existsSync(path)).toBe(false);
  });

  it('a word that a person removed is put back', () => {
    const lock = taken({ shared: true });
    rmSync(path);
    lock.check();
    expect(lockHolder(path, { shared: true })?.token).toBe(lock.holder.token);
  });
});
