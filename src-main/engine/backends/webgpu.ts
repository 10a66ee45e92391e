import { createRequire } from 'node:module';
import type { KernelBackend } from '@tensorflow/tfjs-core';
import { tf } from '../tf.ts';
import { EngineError } from '../types.ts';

const require = createRequire(import.meta.url);

/** A GPU as WebGPU describes it. */
export interface GpuAdapter {
  /** For a person: `NVIDIA GeForce RTX 4070` or what the driver calls itself. */
  readonly name: string;
  /** What decides how it rounds, for the identity of trials: `nvidia-lovelace`. */
  readonly kind: string;
  /** Computed on the processor (SwiftShader, lavapipe): for tests only, slower than WebAssembly. */
  readonly software: boolean;
}

export interface LoadedWebGpu {
  readonly backend: KernelBackend;
  readonly adapter: GpuAdapter;
  readonly versions: Readonly<Record<string, string>>;
}

/** What Touchstone uses of an adapter; the types that tfjs brings are older than Dawn. */
interface Adapter {
  readonly info: GPUAdapterInfo & { readonly isFallbackAdapter?: boolean };
  readonly limits: Readonly<Record<Limit, number>>;
  requestDevice(wanted: { requiredLimits: Record<string, number> }): Promise<GPUDevice>;
}

interface Gpu {
  requestAdapter(options: { powerPreference: 'high-performance' }): Promise<Adapter | null>;
}

/** npm's `webgpu`: Dawn, with its binaries for every platform. */
interface Dawn {
  create(flags: readonly string[]): Gpu;
  readonly globals: object;
}

/** What tfjs asks of a device beyond WebGPU's defaults. */
const LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const;
type Limit = (typeof LIMITS)[number];

/** Which GPU WebGPU would use here, or null. Loads Dawn and the drivers into this process. */
export async function findAdapter(): Promise<GpuAdapter | null> {
  const adapter = await dawn().create([]).requestAdapter({ powerPreference: 'high-performance' });
  return adapter && describeAdapter(adapter);
}

/**
 * Opens the fastest GPU through Dawn and makes it the backend of `tf`. Once per process, and never inside Electron,
 * whose memory cage refuses the buffers that Dawn maps. Values can only be read asynchronously.
 * @throws EngineError when there is no adapter or it gives no device; the message says what to do.
 */
export async function loadWebGpu(): Promise<LoadedWebGpu> {
  // gradients and chained methods; see loadWasm
  require('@tensorflow/tfjs');
  // Before `navigator.gpu` exists: with it, the package would register a backend of its own that reads synchronously.
  const webgpu: typeof import('@tensorflow/tfjs-backend-webgpu') = require('@tensorflow/tfjs-backend-webgpu');
  const { create, globals } = dawn();
  const gpu = create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new EngineError(noAdapter());
  const facts = describeAdapter(adapter);
  const device = await adapter
    .requestDevice({ requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])) })
    .catch((cause: unknown) => {
      throw new EngineError(
        `The GPU ${facts.name} can't be opened through WebGPU: ${messageOf(cause)}. Close other programs ` +
          'that use it, or choose the backend tensorflow-cpu.',
        { cause },
      );
    });
  // tfjs reads GPUBufferUsage and the like from the global scope, and asks navigator.gpu whether there is WebGPU at
  // all.
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  const troubles = watch(device, facts);

  /** tfjs's backend, with what Dawn reports on the side made errors of the read that follows. */
  class WatchedBackend extends webgpu.WebGPUBackend {
    /** A copy: tfjs keeps the values it has read and would hand the same array out again. */
    override async read(dataId: object): ReturnType<KernelBackend['read']> {
      const values = await super.read(dataId);
      const trouble = troubles.take();
      if (trouble !== null) throw trouble;
      return values.slice();
    }

    override readSync(dataId: object): ReturnType<KernelBackend['readSync']> {
      const { values } = this.tensorMap.get(dataId);
      if (values !== null && values !== undefined) return values;
      throw new EngineError(
        'A step reads a value from the GPU inside its body. Values on the webgpu backend can only be read ' +
          'after the step: return it as an output, or compute with tensors.',
      );
    }
  }

  tf.registerBackend('webgpu', () => new WatchedBackend(device, adapter.info));
  if (!(await tf.setBackend('webgpu')))
    throw new EngineError(
      `tfjs does not start on the GPU ${facts.name}: \`touchstone doctor\` shows what it found. Choose ` +
        'the backend tensorflow-cpu.',
    );
  return {
    backend: tf.engine().findBackend('webgpu'),
    adapter: facts,
    versions: {
      'tfjs-core': tf.version_core,
      'tfjs-backend-webgpu': versionOf('@tensorflow/tfjs-backend-webgpu'),
      dawn: versionOf('webgpu'),
      gpu: facts.name,
      node: process.versions.node,
    },
  };
}

/** Why there is no WebGPU here and what to do, by platform. */
export function noAdapter(platform: string = process.platform): string {
  const remedy =
    {
      linux:
        'its driver must support Vulkan 1.1 and the Vulkan loader must be installed (Debian: `apt install ' +
        'libvulkan1`, and `mesa-vulkan-drivers` for AMD and Intel)',
      darwin: 'it needs a Mac with Metal',
      win32: 'its driver must support Direct3D 12: update it',
    }[platform] ?? 'its driver must support Vulkan';
  return `No GPU that WebGPU can use: ${remedy}. Without one, choose the backend tensorflow-cpu or wasm.`;
}

function dawn(): Dawn {
  try {
    return require('webgpu');
  } catch (cause) {
    throw new EngineError(
      `The package webgpu (Dawn) does not load on ${process.platform} ${process.arch}: ` +
        `${messageOf(cause)}. Choose the backend tensorflow-cpu or wasm.`,
      { cause },
    );
  }
}

function describeAdapter({ info }: Adapter): GpuAdapter {
  return {
    name:
      [info.device, info.description].filter((part) => part !== '').join(', ') || `${info.vendor} ${info.architecture}`,
    kind: [info.vendor, info.architecture].filter((part) => part !== '').join('-') || 'unknown',
    software: info.isFallbackAdapter === true,
  };
}

/**
 * Dawn tells of errors beside the calls that cause them; they are kept until the next read. A lost device stays lost.
 */
function watch(device: GPUDevice, adapter: GpuAdapter): { take(): Error | null } {
  let trouble: Error | null = null;
  let lost: Error | null = null;
  device.onuncapturederror = (event) => {
    trouble ??= new EngineError(
      `The GPU ${adapter.name} refused an operation: ${event.error.message.split('\n', 1)[0]}`,
    );
  };
  void device.lost.then(({ reason, message }) => {
    if (reason !== 'destroyed')
      lost = new EngineError(
        `The GPU ${adapter.name} was lost (${message.trim() || 'the driver restarted it'}). Its trials go ` +
          'on from their last checkpoints after a restart of Touchstone.',
      );
  });
  return {
    take() {
      const found = lost ?? trouble;
      trouble = null;
      return found;
    },
  };
}

function versionOf(name: string): string {
  const manifest: { version: string } = require(`${name}/package.json`);
  return manifest.version;
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
