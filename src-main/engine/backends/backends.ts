import { existsSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { dirname, join } from 'node:path';
import type { KernelBackend } from '@tensorflow/tfjs-core';
import type { TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import { findProvisioned } from '../provision/located.ts';
import { registerFilterGradient, registerInputGradient } from '../networks/wasm-convolution.ts';
import { registerTransposedProducts } from '../networks/wasm-product.ts';
import { findGpu, type GpuAnswer } from '../provision/gpu.ts';
import { nvidiaDriver, nvidiaGpu, type NvidiaGpu } from '../provision/nvidia.ts';
import { surroundings, TENSORFLOW_VERSION, type Surroundings } from '../provision/layout.ts';
import { tf } from '../tf.ts';
import { EngineError, type BackendName } from '../types.ts';
import { isNativeBackend } from './binding.ts';
import type { NativeBackend } from './binding.ts';

const require = createRequire(import.meta.url);

export interface LoadedTensorFlow {
  readonly backend: NativeBackend;
  readonly binding: TFJSBinding;
  /** Path of the addon behind `openGraphSession`; null where it could not be built: steps then run eagerly. */
  readonly sessionAddon: string | null;
  readonly device: 'cpu' | 'gpu';
  /** The GPU that it computes on; null on the CPU and where nvidia-smi does not say. */
  readonly gpu: NvidiaGpu | null;
  readonly versions: Readonly<Record<string, string>>;
}

export interface LoadedWasm {
  readonly backend: KernelBackend;
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Loads libtensorflow through tfjs-node's addon and makes it the backend of `tf`. Threads come from
 * TF_NUM_INTRAOP_THREADS and TF_NUM_INTEROP_THREADS, which whoever starts the process sets. Once per process: the
 * second call answers the same library.
 * @param device `cpu` hides every GPU from TensorFlow; it can't be taken back in this process.
 * @throws EngineError when nothing is provisioned or the library does not load; the message says what to do.
 */
export async function loadTensorFlow(device: 'cpu' | 'gpu' = 'cpu'): Promise<LoadedTensorFlow> {
  const where = surroundings();
  const found = findProvisioned(where);
  if (!found)
    throw new EngineError(
      `TensorFlow's library is not set up${ownDirectoryHint(where)}: run \`touchstone doctor\` to see ` +
        'what was tried, or `touchstone doctor --provision` to set it up.',
    );
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  // Both are read by TensorFlow when it first looks for devices.
  if (device === 'cpu') process.env['CUDA_VISIBLE_DEVICES'] = '-1';
  else process.env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
  restoreRemovedUtilities();
  answerAddonPath(found.binding);
  let binding: TFJSBinding, tfjsNode: string;
  try {
    const loaded: { version: Record<string, string> } = require('@tensorflow/tfjs-node-gpu');
    tfjsNode = loaded.version['tfjs-node'] ?? '';
    binding = require(found.binding);
  } catch (cause) {
    throw new EngineError(
      `TensorFlow's library in ${found.folder} does not load: ` +
        `${cause instanceof Error ? cause.message : String(cause)}. Remove that folder and set up again ` +
        'with `touchstone doctor --provision`.',
      { cause },
    );
  }
  // another backend may be active when one process opens several engines in turn
  if (!(await tf.setBackend('tensorflow')))
    throw new EngineError(
      'TensorFlow loaded but does not start as a backend: `touchstone doctor` shows what it found.',
    );
  const backend: KernelBackend = tf.engine().findBackend('tensorflow');
  if (!isNativeBackend(backend))
    throw new EngineError(
      `@tensorflow/tfjs-node-gpu ${tfjsNode} registered a backend without a native binding: reinstall ` +
        'the packages with `npm ci`.',
    );
  if (device === 'gpu' && !binding.isUsingGpuDevice()) {
    const why =
      found.variant === 'cuda'
        ? '`touchstone doctor` says which driver and libraries it found'
        : 'it was built without CUDA, which `touchstone doctor --provision` sets up where there is an NVIDIA driver';
    throw new EngineError(
      `TensorFlow ${binding.TF_Version} sees no GPU and would use its CPU kernels: ${why}. ` +
        'Choose the backend tensorflow-cpu, or mend the driver.',
    );
  }
  const gpu = device === 'gpu' ? nvidiaGpu(where) : null;
  return {
    backend,
    binding,
    sessionAddon: found.session,
    device,
    gpu,
    versions: {
      ...(gpu === null ? {} : { gpu: gpu.name }),
      tensorflow: binding.TF_Version,
      'tfjs-core': tf.version_core,
      'tfjs-node': tfjsNode,
      node: process.versions.node,
    },
  };
}

/** Loads the WebAssembly backend, which needs nothing provisioned, and makes it the backend of `tf`. */
export async function loadWasm(): Promise<LoadedWasm> {
  restoreRemovedUtilities();
  // the union package registers gradients and chained methods on the core; without it nothing can be trained
  require('@tensorflow/tfjs');
  const wasm: typeof import('@tensorflow/tfjs-backend-wasm') = require('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  if (!(await tf.setBackend('wasm')))
    throw new EngineError(
      'The WebAssembly backend does not start on this machine: `touchstone doctor` shows what it needs.',
    );
  await tf.ready();
  registerFilterGradient('wasm');
  registerInputGradient('wasm');
  registerTransposedProducts('wasm');
  return {
    backend: tf.engine().findBackend('wasm'),
    versions: { 'tfjs-core': tf.version_core, 'tfjs-backend-wasm': wasm.version_wasm, node: process.versions.node },
  };
}

export interface BackendAvailability {
  readonly name: BackendName;
  readonly available: boolean;
  /** Why, in one sentence. */
  readonly reason: string;
}

/**
 * Which backends a trial could use here, best first. Looks at files only, nothing native is loaded into this process;
 * `gpu` says what WebGPU finds, for a caller that asks often and wants to keep the answer.
 */
export async function availableBackends(
  where: Surroundings = surroundings(),
  gpu: () => Promise<GpuAnswer> = () => findGpu(where),
): Promise<BackendAvailability[]> {
  const found = findProvisioned(where);
  const library = found && `TensorFlow ${found.tensorflow ?? 'of your own'} in ${found.folder}`;
  const missing =
    `TensorFlow ${TENSORFLOW_VERSION} is not set up${ownDirectoryHint(where)}; \`touchstone doctor ` +
    '--provision` does it.';
  const driver = nvidiaDriver(where);
  const cuda = found?.variant === 'cuda' && driver !== null;
  const adapter = await gpu();
  return [
    {
      name: 'tensorflow-gpu',
      available: cuda,
      reason: cuda
        ? `${library}, NVIDIA driver ${driver}.`
        : driver === null
          ? 'No NVIDIA driver on this ' +
            `machine${found?.variant === 'cuda' ? `; ${library} has CUDA, but computes on its CPU kernels here` : ''}.`
          : found
            ? `${library} was built without CUDA.`
            : missing,
    },
    { name: 'tensorflow-cpu', available: found !== null, reason: library ? `${library}.` : missing },
    {
      name: 'webgpu',
      available: adapter.kind === 'adapter' && !adapter.software,
      reason:
        adapter.kind === 'none'
          ? adapter.reason
          : adapter.software
            ? `Only ${adapter.name}, which computes on the processor, slower than WebAssembly.`
            : `${adapter.name}, through Dawn.`,
    },
    {
      name: 'wasm',
      available: existsSync(
        join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist', 'tfjs-backend-wasm.wasm'),
      ),
      reason: 'WebAssembly, part of the program; much slower than TensorFlow.',
    },
  ];
}

function ownDirectoryHint(where: Surroundings): string {
  const own = where.env['TOUCHSTONE_LIBTENSORFLOW'];
  return own ? ` (TOUCHSTONE_LIBTENSORFLOW names ${own}, which holds no usable library)` : '';
}

/** tfjs-node 4.22 calls one function that Node 23 removed, and one that warns on stderr that it will be. */
function restoreRemovedUtilities(): void {
  const util: Record<string, unknown> = require('node:util');
  util['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  util['isArray'] = Array.isArray;
}

/**
 * tfjs-node asks node-pre-gyp where its addon lies, always inside node_modules. Answering for it from require's cache
 * keeps node_modules as npm left it.
 */
function answerAddonPath(addon: string): void {
  const fromTfjsNode = createRequire(require.resolve('@tensorflow/tfjs-node-gpu'));
  const id = fromTfjsNode.resolve('@mapbox/node-pre-gyp');
  const answer: NodeJS.Module = new Module(id);
  answer.filename = id;
  answer.loaded = true;
  answer.exports = { find: () => addon };
  require.cache[id] = answer;
}
