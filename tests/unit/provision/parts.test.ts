import { rmSync } from 'node:fs';
import { expect, describe, it } from 'vitest';
import { diagnose } from '../../../src-main/engine/provision/doctor.ts';
import { cacheRoot } from '../../../src-main/engine/provision/layout.ts';
import { terminalProgress } from '../../../src-main/engine/provision/progress.ts';
import { wheelPath } from '../../../src-main/engine/provision/wheel-source.ts';
import { WHEEL_SETS } from '../../../src-main/engine/provision/wheels.ts';
import { stage } from './stage.ts';

describe('cacheRoot', () => {
  it.each([
    ['linux', {}, '/home/a/.cache/touchstone'],
    ['linux', { XDG_CACHE_HOME: '/big' }, '/big/touchstone'],
    ['linux', { XDG_CACHE_HOME: 'relative' }, '/home/a/.cache/touchstone'],
    ['darwin', { XDG_CACHE_HOME: '/big' }, '/home/a/Library/Caches/touchstone'],
    ['win32', { LOCALAPPDATA: 'C:\\Local' }, 'C:\\Local\\touchstone\\cache'],
    ['linux', { XDG_CACHE_HOME: '/big', TOUCHSTONE_CACHE: '/mine' }, '/mine'],
  ])('on %s with %j is %s', (platform, env, expected) => {
    expect(cacheRoot({ platform, env, home: '/home/a' })).toBe(expected);
  });
});

describe('wheels', () => {
  it('are pinned by file, size and SHA-256', () => {
    for (const set of WHEEL_SETS) {
      for (const wheel of set.wheels) {
        expect(wheel.requirement).toMatch(/^[a-z0-9-]+==[\d.]+$/);
        expect(wheel.sha256).toMatch(/^[0-9a-f]{64}$/);
        expect(wheel.file.startsWith(wheel.requirement.split('==')[0]?.replaceAll('-', '_') ?? '?')).toBe(true);
        expect(wheel.file).toContain(`-${wheel.requirement.split('==')[1]}-`);
      }
    }
  });

  it.each([
    ['tensorflow/libtensorflow_cc.so.2', 'deps/lib/libtensorflow_cc.so.2'],
    ['tensorflow/include/tensorflow/c/eager/c_api.h', 'deps/include/tensorflow/c/eager/c_api.h'],
    ['tensorflow/include/xla/tsl/c/tsl_status.h', 'deps/include/xla/tsl/c/tsl_status.h'],
    ['nvidia/cublas/lib/libcublas.so.12', 'deps/nvidia/cublas/lib/libcublas.so.12'],
    ['nvidia/cuda_nvcc/bin/ptxas', 'deps/nvidia/cuda_nvcc/bin/ptxas'],
    ['nvidia/cublas/include/cublas.h', null],
    ['tensorflow/python/libtensorflow_cc.so.2', null],
    ['tensorflow/include/Eigen/Core', null],
  ])('%s goes to %s', (entry, expected) => {
    expect(wheelPath(entry, ['libtensorflow_cc.so.2'])).toBe(expected);
  });
});

describe('terminalProgress', () => {
  const screen = (
    isTTY: boolean,
  ): { out: { isTTY: boolean; columns: number; write(t: string): void }; text: () => string } => {
    let text = '';
    return {
      out: {
        isTTY,
        columns: 120,
        write: (t) => {
          text += t;
        },
      },
      text: () => text,
    };
  };

  it('draws one line with size, rate and time left on a terminal', () => {
    const { out, text } = screen(true);
    let now = 0;
    const progress = terminalProgress(out, () => now);
    progress.phase('Fetching');
    now = 1000;
    progress.bytes(50_000_000, 200_000_000);
    progress.end();
    expect(text()).toBe('Fetching\rFetching [######                  ] 50 MB of 200 MB, 50 MB/s, 3 s left\u001B[K\n');
  });

  it('writes at most eleven plain lines into a log', () => {
    const { out, text } = screen(false);
    const progress = terminalProgress(out, () => 0);
    progress.phase('Fetching');
    for (let i = 0; i <= 1000; i++) progress.bytes(i, 1000);
    expect(text().split('\n').length).toBeLessThanOrEqual(12);
    expect(text()).not.toContain('\r');
  });
});

describe('diagnose', () => {
  it('says what is missing and what would help, and changes nothing', async () => {
    const s = stage();
    s.program('python3', 'echo "No module named pip"; exit 1');
    try {
      const lines = await diagnose({ where: s.where });
      expect(lines.find((l) => l.name === 'library')).toMatchObject({
        state: 'problem',
        advice: expect.stringContaining('doctor --provision'),
      });
      expect(lines.find((l) => l.name === 'pip')).toMatchObject({
        state: 'problem',
        text: expect.stringContaining('No module named pip'),
      });
      expect(lines.find((l) => l.name === 'C++ compiler')).toMatchObject({
        state: 'ok',
        text: expect.stringContaining('fake c++ 1.0'),
      });
      expect(s.log()).toEqual([]);
    } finally {
      rmSync(s.root, { recursive: true });
    }
  });
});
