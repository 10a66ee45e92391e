import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ResultsStore } from '../../../src-main/results/store.ts';
import { socketAddress } from '../../../src-main/workbench/socket.ts';
import { planned, result, study } from '../../fixtures/results.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ts-users-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('other users of the machine can read nothing of a data folder, whatever the umask', async () => {
  const data = join(folder, 'data');
  const before = process.umask(0);
  try {
    const store = ResultsStore.open(data);
    store.createStudy(study('one'), [planned()]);
    store.finish(planned().id, result(), [], 0.5, 2);
    for (const name of readdirSync(data)) expect(statSync(join(data, name)).mode & 0o077, name).toBe(0);
    await store.end();
  } finally {
    process.umask(before);
  }
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  expect(all.length).toBeGreaterThan(5);
  for (const name of all) expect(statSync(join(folder, name)).mode & 0o077, name).toBe(0);
});

describe.skipIf(process.platform === 'win32')('the socket', () => {
  const own = `touchstone-${process.getuid?.() ?? 0}`;

  it('lies in the runtime folder', () => {
    expect(socketAddress(folder, { XDG_RUNTIME_DIR: join(folder, 'run') }, join(folder, 'tmp'))).toMatch(
      new RegExp(`/run/${own}/[0-9a-f]{16}\\.sock$`),
    );
  });

  it('falls back to another place where somebody else took the first, the same for every process', () => {
    const [runtime, temporary] = [join(folder, 'run'), join(folder, 'tmp')];
    // What another user leaves there is no folder of ours: here a file.
    for (const place of [runtime, temporary]) mkdirSync(place);
    writeFileSync(join(runtime, own), '');
    const address = socketAddress(folder, { XDG_RUNTIME_DIR: runtime }, temporary);
    expect(address).toContain(join(temporary, own));
    expect(socketAddress(folder, { XDG_RUNTIME_DIR: runtime }, temporary)).toBe(address);
    rmSync(join(temporary, own), { recursive: true });
    writeFileSync(join(temporary, own), '');
    expect(socketAddress(folder, { XDG_RUNTIME_DIR: runtime }, temporary)).toContain(join(folder, 'socket'));
  });

  it('says what to do where no place is left', () => {
    expect(() =>
      socketAddress(
        join(folder, 'x'.repeat(100)),
        { XDG_RUNTIME_DIR: join(folder, 'y'.repeat(100)) },
        folder.padEnd(120, 'z'),
      ),
    ).toThrow(/XDG_RUNTIME_DIR/);
  });
});
