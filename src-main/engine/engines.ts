import { openEngine } from './engine.ts';
import { KEPT_GRAPHS, KEPT_NODES } from './recording/execution.ts';
import type { BackendName, Engine } from './types.ts';

/** One backend in a process that runs one trial after the other. */
export interface Engines {
  /** To ask about the backend. */
  readonly first: Engine;
  /**
   * The engine for trials of this kind, whose network has convolutions or none. All trials that record the same steps
   * get the same one, which has their graphs ready.
   */
  for(kind: string, convolutional: boolean): Promise<Engine>;
}

/**
 * Opens a backend for trials, with one thread. On TensorFlow each kind of trial has an engine of its own, and the last
 * `KEPT_GRAPHS` that were used are kept. Elsewhere one engine serves all. Throws EngineError as `openEngine`.
 */
export async function openEngines(backend: BackendName): Promise<Engines> {
  const first = await openEngine(backend, { threads: 1 });
  return backend === 'tensorflow-cpu' || backend === 'tensorflow-gpu'
    ? enginesByKind(
        first,
        (convolutional) => openEngine(backend, { threads: 1, keptNodes: KEPT_NODES, convolutional }),
        KEPT_GRAPHS,
      )
    : oneEngine(first);
}

/** The same engine for everything. */
export const oneEngine = (engine: Engine): Engines => ({ first: engine, for: async () => engine });

/** An engine for each kind, at most so many: the one that was not used for longest is closed. `first` is only asked. */
export function enginesByKind(first: Engine, open: (convolutional: boolean) => Promise<Engine>, most: number): Engines {
  /** In the order of their last use. */
  const engines = new Map<string, Engine>();
  return {
    first,
    async for(kind, convolutional) {
      const engine = engines.get(kind) ?? (await open(convolutional));
      engines.delete(kind);
      engines.set(kind, engine);
      const [oldest] = engines;
      if (engines.size > most && oldest !== undefined) {
        engines.delete(oldest[0]);
        oldest[1].dispose();
      }
      return engine;
    },
  };
}
