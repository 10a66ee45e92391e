import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findProvisioned } from '../../../src-main/engine/provision/located.ts';
import { provision } from '../../../src-main/engine/provision/provision.ts';
import type { ProvisionOutcome } from '../../../src-main/engine/provision/provision.ts';
import { LIBRARY, packageScript, stage } from './stage.ts';
import type { Stage } from './stage.ts';

let s: Stage;
beforeEach(() => {
  s = stage();
  packageScript(s, false);
});
afterEach(() => {
  rmSync(s.root, { recursive: true, force: true });
});

const run = (
  options: { force?: boolean; signal?: AbortSignal; env?: Record<string, string> } = {},
): Promise<ProvisionOutcome> => {
  const { env, ...rest } = options;
  return provision({ where: { ...s.where, env: { ...s.where.env, ...env } }, wheelSets: s.sets, ...rest });
};
const cache = (...parts: string[]): string => path.join(s.root, 'cache', 'engine', ...parts);
const library = (...parts: string[]): string => cache('tensorflow-2.21.0-cpu-linux-x64', ...parts);
const leftovers = (): string[] =>
  readdirSync(cache(), { recursive: true, encoding: 'utf8' }).filter((f) => /\.partial|\.whl|\.lock$/.test(f));

describe('the Python wheel', () => {
  it('lays down libraries, headers and both addons, and leaves nothing else', async () => {
    const { found, attempts, line } = await run();
    expect(attempts).toEqual([{ name: 'Python wheel tensorflow-cpu==2.21.0', ok: true, detail: 'ready' }]);
    expect(found).toMatchObject({ source: 'wheel', variant: 'cpu', tensorflow: '2.21.0' });
    expect(line).toContain('is ready');
    expect(readFileSync(library('deps/lib/libtensorflow.so'), 'utf8')).toBe(LIBRARY);
    expect(existsSync(library('deps/include/tensorflow/c/c_api.h'))).toBe(true);
    expect(existsSync(library('deps/include/Eigen'))).toBe(false);
    expect(existsSync(found?.binding ?? '')).toBe(true);
    expect(existsSync(found?.session ?? '')).toBe(true);
    expect(s.log().sort()).toEqual(['c++ session.node', 'c++ tfjs_binding.node', 'pip']);
    expect(leftovers()).toEqual([]);
  });

  it('does nothing the second time', async () => {
    await run();
    const before = s.log();
    expect((await run()).attempts).toEqual([]);
    expect(s.log()).toEqual(before);
  });

  it('builds new addons, without fetching again, when the session source or tfjs-node changes', async () => {
    await run();
    writeFileSync(path.join(s.where.project, 'src-main/engine/kernels/native/session.cc'), '// changed');
    expect(findProvisioned(s.where)).toBeNull();
    await run();
    expect(s.log().filter((l) => l === 'pip')).toHaveLength(1);
    expect(s.log().filter((l) => l === 'c++ session.node')).toHaveLength(2);
  });

  it('refuses a file with another checksum, says what it expected and found, and keeps nothing of it', async () => {
    writeFileSync(s.wheelFile, 'not the published file');
    const { found, attempts } = await run();
    expect(found).toBeNull();
    expect(attempts[0]?.detail).toMatch(/has the SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}/);
    expect(leftovers()).toEqual([]);
  });

  it('lays a truncated library down anew', async () => {
    await run();
    truncateSync(library('deps/lib/libtensorflow_cc.so.2'), 100);
    expect(findProvisioned(s.where)).toBeNull();
    await run();
    expect(readFileSync(library('deps/lib/libtensorflow.so'), 'utf8')).toBe(LIBRARY);
  });

  it('takes a folder without its record for unfinished', async () => {
    mkdirSync(library('deps/lib'), { recursive: true });
    writeFileSync(library('deps/lib/libtensorflow_cc.so.2'), 'half');
    expect((await run()).found).not.toBeNull();
    expect(readFileSync(library('deps/lib/libtensorflow.so'), 'utf8')).toBe(LIBRARY);
  });

  it('sweeps what a killed process left', async () => {
    const gone = spawn(process.execPath, ['-e', '']);
    await once(gone, 'exit');
    mkdirSync(cache(`.partial-${gone.pid}-aaaa/deps`), { recursive: true });
    await run();
    expect(leftovers()).toEqual([]);
  });

  it('stops when aborted and goes on with the next call', async () => {
    s.program('python3', 'exec sleep 60');
    const abort = new AbortController();
    const running = run({ signal: abort.signal });
    await sleep(300);
    abort.abort();
    await expect(running).rejects.toThrow();
    expect(leftovers()).toEqual([]);
    s.program('python3', `while [ "$1" != --dest ]; do shift; done\ncp "${s.wheelFile}" "$2"/`);
    expect((await run()).found).not.toBeNull();
  });

  it('uses a wheel again that was fetched whole before the compiler failed', async () => {
    s.program('c++', 'echo "x.cc:1: error: broken"; exit 1');
    const first = await run();
    expect(first.found).toBeNull();
    expect(first.attempts[0]?.detail).toContain('x.cc:1: error: broken');
    const good = stage();
    s.program('c++', readFileSync(path.join(good.root, 'bin', 'c++'), 'utf8').replaceAll(good.root, s.root));
    rmSync(good.root, { recursive: true });
    expect((await run({ force: true })).found).not.toBeNull();
    expect(s.log().filter((l) => l === 'pip')).toHaveLength(1);
  });

  it('goes on without compiled steps when only the session addon does not build', async () => {
    s.program(
      'c++',
      '[ "$1" = --version ] && exit 0\nfor a in "$@"; do [ "$p" = -o ] && out=$a; p=$a; done\ncase $out ' +
        'in *session*) echo "session.cc: error: no"; exit 1;; esac\necho addon > "$out"',
    );
    const { found } = await run();
    expect(found?.session).toBeNull();
    expect(found?.binding).toMatch(/tfjs_binding\.node$/);
  });

  it('refuses an addon that does not load here', async () => {
    s.program(
      'node',
      '[ "$1" = -e ] && { echo "Error: /lib/libc.so.6: version GLIBC_2.99 not found"; exit 1; }\nexec ' +
        `"${process.execPath}" "$@"`,
    );
    const { found, attempts } = await run();
    expect(found).toBeNull();
    expect(attempts[0]?.detail).toContain('GLIBC_2.99 not found');
    expect(leftovers()).toEqual([]);
  });
});

describe('the wheel with CUDA', () => {
  /** The same small wheel under the name of the one with CUDA; pip fetches whichever it is asked for. */
  const withCuda = (): void => {
    const [cpu] = s.sets;
    if (cpu === undefined) throw new Error('the stage has no wheel');
    const wheels = cpu.wheels.map((wheel) => ({
      ...wheel,
      requirement: 'tensorflow==2.21.0',
      file: wheel.file.replace('_cpu', ''),
    }));
    s = { ...s, sets: [...s.sets, { ...cpu, variant: 'cuda', wheels }] };
    s.program(
      'python3',
      `for a in "$@"; do last=$a; done\necho "pip $last" >> "${s.root}/log"\nwhile [ "$1" != --dest ]; ` +
        `do shift; done\ncase $last in tensorflow=*) cp "${s.wheelFile}" "$2/${wheels[0]?.file}";; *) cp ` +
        `"${s.wheelFile}" "$2/";; esac`,
    );
  };
  const pips = (): string[] => s.log().filter((line) => line.startsWith('pip'));

  it('is fetched without a driver only when asked for, and then used', async () => {
    withCuda();
    expect((await run()).found).toMatchObject({ variant: 'cpu' });
    const { found, attempts, line } = await run({ env: { TOUCHSTONE_CUDA: '1' } });
    expect(attempts).toEqual([{ name: 'Python wheel tensorflow==2.21.0 with CUDA', ok: true, detail: 'ready' }]);
    expect(found).toMatchObject({ variant: 'cuda', tensorflow: '2.21.0' });
    expect(line).toContain('with CUDA');
    expect(pips()).toEqual(['pip tensorflow-cpu==2.21.0', 'pip tensorflow==2.21.0']);
    // Once there, it stays in use.
    expect((await run()).found).toMatchObject({ variant: 'cuda' });
    expect(pips()).toHaveLength(2);
  });

  it('leaves the one without CUDA in use when it cannot be had', async () => {
    withCuda();
    s.program(
      'python3',
      'for a in "$@"; do last=$a; done\n[ "$last" = tensorflow==2.21.0 ] && { echo "ERROR: No space ' +
        `left on device"; exit 1; }\nwhile [ "$1" != --dest ]; do shift; done\ncp "${s.wheelFile}" "$2/"`,
    );
    const { found, attempts } = await run({ env: { TOUCHSTONE_CUDA: '1' } });
    expect(attempts.map(({ ok }) => ok)).toEqual([false, true]);
    expect(attempts[0]?.detail).toContain('No space left');
    expect(found).toMatchObject({ variant: 'cpu' });
    expect((await run({ env: { TOUCHSTONE_CUDA: '1' } })).attempts).toEqual([]);
  });
});

describe('two at once', () => {
  it('fetch and build once, and both find it', async () => {
    const pip = readFileSync(path.join(s.root, 'bin', 'python3'), 'utf8').replace('#!/bin/sh\n', '');
    s.program('python3', `sleep 0.5\n${pip}`);
    const [a, b] = await Promise.all([run(), run()]);
    expect(a.found).toEqual(b.found);
    expect(a.found).not.toBeNull();
    expect(s.log().filter((l) => l === 'pip')).toHaveLength(1);
  });
});

describe('order of fallbacks', () => {
  it('goes from the wheel to the package’s download to wasm, and says why in one line', async () => {
    s.program('python3', 'echo "ERROR: No matching distribution found for tensorflow-cpu"; exit 1');
    const { found, attempts, line } = await run();
    expect(found).toBeNull();
    expect(attempts.map((a) => [a.name, a.ok])).toEqual([
      ['Python wheel tensorflow-cpu==2.21.0', false],
      ['download of the tfjs-node package', false],
    ]);
    expect(attempts[0]?.detail).toContain('No matching distribution');
    expect(attempts[1]?.detail).toContain('ENOTFOUND');
    expect(line).not.toContain('\n');
    expect(line).toMatch(/wasm.*No matching distribution.*touchstone doctor --provision/);
  });

  it('takes the package’s download when pip fails', async () => {
    packageScript(s, true);
    s.program('python3', 'exit 1');
    const { found } = await run();
    expect(found).toMatchObject({ source: 'package-download', tensorflow: '2.9.1' });
    expect(readFileSync(found?.binding ?? '', 'utf8')).toBe('prebuilt');
    expect(existsSync(path.join(s.where.tfjsNode, 'deps'))).toBe(false);
    expect(leftovers()).toEqual([]);
  });

  it('does not try again soon after a failure, unless asked to', async () => {
    s.program('python3', `echo pip >> "${s.root}/log"; exit 1`);
    await run();
    const again = await run();
    expect(again.attempts[0]?.ok).toBe(false);
    expect(s.log()).toEqual(['pip']);
    await run({ force: true });
    expect(s.log()).toEqual(['pip', 'pip']);
  });

  it('says that a machine has no compiler', async () => {
    const bare = path.join(s.root, 'bare');
    mkdirSync(bare);
    for (const tool of ['sh', 'cp', 'echo', 'sleep']) symlinkSync(`/bin/${tool}`, path.join(bare, tool));
    s.program('c++', null);
    const { attempts } = await run({ env: { PATH: `${s.root}/bin:${bare}`, CXX: '' } });
    expect(attempts[0]?.detail).toMatch(/No C\+\+ compiler on PATH.*install g\+\+/);
  });

  it('says that no wheel exists for a platform', async () => {
    const { attempts } = await provision({ where: { ...s.where, arch: 'riscv64' }, wheelSets: s.sets });
    expect(attempts[0]?.detail).toContain('no wheel with a library for linux on riscv64');
  });
});

describe('an own directory', () => {
  const own = (): string => path.join(s.root, 'own');
  beforeEach(() => {
    mkdirSync(path.join(own(), 'lib'), { recursive: true });
    mkdirSync(path.join(own(), 'include/tensorflow/c'), { recursive: true });
    writeFileSync(path.join(own(), 'lib/libtensorflow.so'), 'mine');
    writeFileSync(path.join(own(), 'include/tensorflow/c/c_api.h'), '');
  });

  it('comes before everything else and is left untouched', async () => {
    const { found, attempts } = await run({ env: { TOUCHSTONE_LIBTENSORFLOW: own() } });
    expect(attempts).toEqual([{ name: `TOUCHSTONE_LIBTENSORFLOW=${own()}`, ok: true, detail: 'ready' }]);
    expect(found).toMatchObject({ source: 'own-directory', libraries: path.join(own(), 'lib') });
    expect(found?.session?.startsWith(cache())).toBe(true);
    expect(s.log()).not.toContain('pip');
    expect(readdirSync(own()).sort()).toEqual(['include', 'lib']);
  });

  it('is never silently replaced when it holds no library', async () => {
    const { found, attempts, line } = await run({ env: { TOUCHSTONE_LIBTENSORFLOW: path.join(s.root, 'wheels') } });
    expect(found).toBeNull();
    expect(attempts).toHaveLength(1);
    expect(line).toContain('holds no libtensorflow');
    expect(s.log()).toEqual([]);
  });
});
