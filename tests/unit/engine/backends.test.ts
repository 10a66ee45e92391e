import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { availableBackends } from '../../../src-main/engine/backends/backends.ts';
import { mayHaveGpu, type GpuAnswer } from '../../../src-main/engine/provision/gpu.ts';
import { surroundings } from '../../../src-main/engine/provision/layout.ts';
import { noAdapter } from '../../../src-main/engine/backends/webgpu.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'touchstone-backends-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** A machine without TensorFlow and without NVIDIA's driver. */
const bare = () => ({ ...surroundings(), env: { TOUCHSTONE_CACHE: root, TOUCHSTONE_NO_GPU: '1' } });

describe('availableBackends', () => {
  it.each<[string, GpuAnswer, boolean, RegExp]>([
    ['a GPU', { kind: 'adapter', name: 'Radeon RX 7600', software: false }, true, /^Radeon RX 7600/],
    [
      'a software adapter',
      { kind: 'adapter', name: 'SwiftShader', software: true },
      false,
      /SwiftShader.*slower than WebAssembly/,
    ],
    ['no adapter', { kind: 'none', reason: 'No GPU on this machine.' }, false, /^No GPU on this machine/],
  ])('with %s', async (_what, gpu, available, reason) => {
    const backends = await availableBackends(bare(), async () => gpu);
    expect(backends.map(({ name }) => name)).toEqual(['tensorflow-gpu', 'tensorflow-cpu', 'webgpu', 'wasm']);
    expect(backends[2]).toMatchObject({ available, reason: expect.stringMatching(reason) });
    // What `auto` takes.
    expect(backends.find((backend) => backend.available)?.name).toBe(available ? 'webgpu' : 'wasm');
  });

  it('asks no driver when the person says that there is no GPU', async () => {
    expect((await availableBackends(bare()))[2]).toMatchObject({
      available: false,
      reason: expect.stringContaining('TOUCHSTONE_NO_GPU'),
    });
  });
});

describe('mayHaveGpu', () => {
  const linux = (env: Record<string, string> = {}) => mayHaveGpu({ platform: 'linux', env }, root);
  it('looks for device files on Linux', () => {
    expect(linux()).toBe(false);
    mkdirSync(join(root, 'dev', 'dri'), { recursive: true });
    writeFileSync(join(root, 'dev', 'dri', 'card0'), '');
    expect(linux()).toBe(false);
    writeFileSync(join(root, 'dev', 'dri', 'renderD128'), '');
    expect(linux()).toBe(true);
  });

  it.each(['nvidia0', 'dxg'])('knows /dev/%s', (name) => {
    mkdirSync(join(root, 'dev'));
    writeFileSync(join(root, 'dev', name), '');
    expect(linux()).toBe(true);
  });

  it('leaves it to the drivers elsewhere, and where a person names one', () => {
    expect(mayHaveGpu({ platform: 'darwin', env: {} }, root)).toBe(true);
    expect(linux({ VK_DRIVER_FILES: '/some.json' })).toBe(true);
  });
});

it.each([
  ['linux', 'Vulkan'],
  ['darwin', 'Metal'],
  ['win32', 'Direct3D 12'],
])('without an adapter on %s it is said what is missing', (platform, what) => {
  expect(noAdapter(platform)).toMatch(
    new RegExp(`^No GPU that WebGPU can use: .*${what}.*choose the backend tensorflow-cpu or wasm\\.$`),
  );
});
