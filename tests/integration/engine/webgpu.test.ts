import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openEngine } from '../../../src-main/engine/engine.ts';
import { findGpu } from '../../../src-main/engine/provision/gpu.ts';
import { surroundings } from '../../../src-main/engine/provision/layout.ts';
import { trainTiny } from './tiny-training.ts';

const ROOT = path.resolve(import.meta.dirname, '..', '..', '..');

/** Folders of Chromium and Electron, which bring SwiftShader: a Vulkan driver that computes on the processor. */
function swiftShader(): string | null {
  const electron = path.join(ROOT, 'node_modules', 'electron', 'dist');
  const folders = [
    process.env['ELECTRON_OVERRIDE_DIST_PATH'],
    electron,
    '/usr/lib/chromium',
    '/usr/lib/chromium-browser',
    '/opt/google/chrome',
  ];
  return (
    folders.find(
      (folder) =>
        folder !== undefined &&
        ['vk_swiftshader_icd.json', 'libvulkan.so.1'].every((file) => existsSync(path.join(folder, file))),
    ) ?? null
  );
}

const folder = swiftShader();
let loader: string;
beforeAll(() => {
  loader = mkdtempSync(path.join(tmpdir(), 'touchstone-vulkan-'));
  // The loader alone: the other libraries of that folder are Chromium's own.
  if (folder !== null) symlinkSync(path.join(folder, 'libvulkan.so.1'), path.join(loader, 'libvulkan.so.1'));
});
afterAll(() => {
  rmSync(loader, { recursive: true, force: true });
});

const environment = (driver: string): NodeJS.ProcessEnv => ({
  ...process.env,
  LD_LIBRARY_PATH: loader,
  VK_DRIVER_FILES: driver,
  VK_ICD_FILENAMES: driver,
});
const software = (): NodeJS.ProcessEnv => environment(path.join(folder ?? '', 'vk_swiftshader_icd.json'));
const none = (): NodeJS.ProcessEnv => environment(path.join(loader, 'no-driver.json'));

const trained = z.object({
  losses: z.array(z.number()),
  parameters: z.record(z.string(), z.array(z.number())),
  refused: z.string(),
  numerics: z.string(),
  versions: z.record(z.string(), z.string()),
});
const failed = z.object({ name: z.string(), message: z.string() });

async function inProcess(env: NodeJS.ProcessEnv): Promise<unknown> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [path.join(import.meta.dirname, 'webgpu-process.ts')],
    { env, maxBuffer: 2 ** 24 },
  );
  const line = stdout.split('\n').find((text) => text.startsWith('answer:'));
  return JSON.parse(line?.slice('answer:'.length) ?? 'null');
}

describe.skipIf(folder === null)('webgpu through SwiftShader', () => {
  it('trains a dense and a convolutional network as WebAssembly does', async () => {
    const answer = trained.parse(await inProcess(software()));
    const engine = await openEngine('wasm');
    const expected = await trainTiny(engine);
    engine.dispose();
    expect(answer.losses).toHaveLength(expected.losses.length);
    expected.losses.forEach((loss, i) => expect(answer.losses[i]).toBeCloseTo(loss, 4));
    expect(Object.keys(answer.parameters)).toEqual(Object.keys(expected.parameters));
    for (const [name, values] of Object.entries(expected.parameters))
      values.forEach((value, i) => expect(answer.parameters[name]?.[i], `${name}[${i}]`).toBeCloseTo(value, 4));
    expect(answer.refused).toMatch(
      /The GPU ran out of memory: Step test\/huge asked for 8\.6 GB; one tensor may have .* there\. What would fit: batches of at most \d+ rows instead of 64/,
    );
    expect(answer.numerics).toMatch(/^webgpu-eager-\d+\/tfjs-[\d.]+\/google-swiftshader$/);
    expect(answer.versions).toMatchObject({ gpu: expect.stringMatching(/SwiftShader/i), dawn: readVersion('webgpu') });
  });

  it('is found by the doctor, and not offered: it computes on the processor', async () => {
    expect(await findGpu({ ...surroundings(), env: software() })).toMatchObject({
      kind: 'adapter',
      software: true,
      name: expect.stringMatching(/SwiftShader/i),
    });
  });
});

describe.skipIf(process.platform !== 'linux')('webgpu without an adapter', () => {
  it('is refused with what is missing and what to do', async () => {
    const { name, message } = failed.parse(await inProcess(none()));
    expect(name).toBe('EngineError');
    expect(message).toMatch(/^No GPU that WebGPU can use: .*Vulkan.*choose the backend tensorflow-cpu or wasm/);
    expect(await findGpu({ ...surroundings(), env: none() })).toEqual({ kind: 'none', reason: message });
  });
});

function readVersion(name: string): string {
  return z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(path.join(ROOT, 'node_modules', name, 'package.json'), 'utf8'))).version;
}
