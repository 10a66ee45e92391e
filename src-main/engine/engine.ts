import { loadTensorFlow, loadWasm } from './backends/backends.ts';
import { EagerEngine } from './backends/eager-engine.ts';
import { kernelsFor, optimisesGraphs, type Kernels } from './recording/execution.ts';
import type { StepLife } from './recording/step-life.ts';
import { explainingShortages } from './backends/out-of-memory.ts';
import { registerBatchNorm } from './networks/tensorflow-batch-norm.ts';
import { registerCrossEntropy } from './networks/tensorflow-cross-entropy.ts';
import { ownOperations } from './recording/session.ts';
import { TensorFlowEngine } from './backends/tensorflow-engine.ts';
import type { BackendName, Engine } from './types.ts';
import { loadWebGpu } from './backends/webgpu.ts';

export interface EngineOptions {
  /**
   * Threads for one operation; trial workers use one each. TensorFlow makes its pool once for the process, when it is
   * loaded: TF_NUM_INTRAOP_THREADS has to say the same number by then.
   */
  readonly threads?: number;
  /**
   * Runs operation by operation with tfjs's own kernels even on TensorFlow, as tfjs-node does by itself. For comparing
   * the two ways of running.
   */
  readonly eager?: boolean;
  /** With TensorFlow's own operations only, not those of `native/operations.cc`: for comparing. */
  readonly libraryOnly?: boolean;
  /** Whether the network that steps are of has convolutions, where they are all of one; see `optimisesGraphs`. */
  readonly convolutional?: boolean;
  /**
   * When everything is released, graphs of at most so many nodes in all are kept ready for the next trial. None unless
   * told. `dispose` frees them.
   */
  readonly keptNodes?: number;
  /** Told of every step that TensorFlow records: see `touchstone step`. */
  readonly onRecorded?: (life: () => StepLife) => void;
}

/**
 * Opens a backend in this process. Throws EngineError when it is not to be had, with the reason and the remedy; falling
 * back to another backend is the caller's choice, because a trial's backend is part of its identity.
 */
export async function openEngine(backend: BackendName, options: EngineOptions = {}): Promise<Engine> {
  switch (backend) {
    case 'tensorflow-cpu':
    case 'tensorflow-gpu': {
      const kernels = chosenKernels();
      const loaded = await loadTensorFlow(backend === 'tensorflow-gpu' ? 'gpu' : 'cpu');
      if (options.eager !== true) {
        registerBatchNorm(loaded.backend);
        registerCrossEntropy(loaded.backend);
      }
      const withOwn = backend === 'tensorflow-cpu' && options.libraryOnly !== true && (options.threads ?? 1) === 1;
      const engine =
        loaded.sessionAddon === null || options.eager === true
          ? new EagerEngine(
              backend,
              loaded.versions,
              `tensorflow-${loaded.versions['tensorflow'] ?? 'unknown'}/${kernels}`,
            )
          : new TensorFlowEngine({
              backend: loaded.backend,
              name: backend,
              sessionAddon: loaded.sessionAddon,
              session: {
                intraOp: options.threads ?? 1,
                interOp: -1,
                optimised: optimisesGraphs(backend, options.convolutional),
              },
              kernels,
              own: withOwn ? ownOperations(loaded.sessionAddon) : new Set(),
              versions: loaded.versions,
              keptNodes: options.keptNodes ?? 0,
              onRecorded: options.onRecorded,
            });
      return loaded.device === 'gpu' ? explainingShortages(engine, loaded.gpu?.memoryBytes ?? null) : engine;
    }
    case 'wasm': {
      const { versions } = await loadWasm();
      return new EagerEngine('wasm', versions);
    }
    case 'webgpu':
      return openWebGpu();
  }
}

/** The kernels of the rule, said to TensorFlow in the way that it asks for when it is loaded. */
function chosenKernels(): Kernels {
  const kernels = kernelsFor(process.arch, process.env['TF_ENABLE_ONEDNN_OPTS']);
  process.env['TF_ENABLE_ONEDNN_OPTS'] = kernels === 'onednn' ? '1' : '0';
  return kernels;
}

async function openWebGpu(): Promise<Engine> {
  const { adapter, versions } = await loadWebGpu();
  return explainingShortages(new EagerEngine('webgpu', versions, adapter.kind), null);
}
