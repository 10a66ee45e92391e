import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatasetStore } from '../../src-main/datasets/store.ts';
import type { Dataset } from '../../src-main/datasets/types.ts';
import { openEngine, type EngineOptions } from '../../src-main/engine/engine.ts';
import { buildNetwork } from '../../src-main/engine/networks/networks.ts';
import { stream } from '../../src-main/engine/random/streams.ts';
import type { Engine, NamedArrays } from '../../src-main/engine/types.ts';
import { MODEL } from '../../src-main/methods/contract.ts';
import type { Artefact, HyperParameters, Method } from '../../src-main/methods/contract.ts';
import { resolveHyperParameters } from '../../src-main/methods/hyper-parameters.ts';
import { loadMethods, type MethodRegistry } from '../../src-main/methods/registry.ts';
import { computeMetrics } from '../../src-main/metrics/registry.ts';
import type { Suite } from '../../src-main/suites/contract.ts';
import { loadSuites, suiteRegistry, type SuiteRegistry } from '../../src-main/suites/registry.ts';
import type { Checkpoint, CheckpointStore } from '../../src-main/trial/checkpoint.ts';
import { runTrial } from '../../src-main/trial/run-trial.ts';
import type { TrialResult, Wish } from '../../src-main/trial/trial.ts';

export interface TrialRun extends TrialResult {
  readonly metrics: Readonly<Record<string, number>>;
}

export interface Interruptions {
  readonly checkpoints: CheckpointStore;
  /** Asked at every yield. */
  wish(): Wish;
}

/**
 * Pauses at the yields that `when` names, counted from 1, and goes on from the checkpoint each time; `pauses` counts
 * them.
 */
export function pausing(when: (yields: number) => boolean): Interruptions & { pauses(): number } {
  let saved: Checkpoint | null = null;
  let yields = 0;
  let pauses = 0;
  return {
    checkpoints: {
      load: () => (saved === null ? null : structuredClone(saved)),
      save: (checkpoint) => {
        saved = structuredClone(checkpoint);
      },
      clear: () => {
        saved = null;
      },
    },
    wish: () => {
      yields += 1;
      if (!when(yields)) return 'go';
      pauses += 1;
      return 'pause';
    },
    pauses: () => pauses,
  };
}

export interface TrialRunnerParts {
  readonly engine: Engine;
  readonly methods: MethodRegistry<Method>;
  readonly suites: SuiteRegistry<Suite>;
  dataset(suite: Suite, id: string): Promise<Dataset>;
}

export interface TrialRunner {
  /**
   * Runs a method on a suite as a worker does, what it needs of others first; paused, it goes on at once. Throws where
   * they do not fit.
   */
  run(
    suite: string,
    method: string,
    given?: HyperParameters,
    seed?: number,
    interruptions?: Interruptions,
  ): Promise<TrialRun>;
  /** Every trial that has run, by a key that names its suite, method, values and seed. */
  readonly finished: ReadonlyMap<string, TrialRun>;
}

interface TrialsOptions extends EngineOptions {
  /** In place of the program's own. */
  readonly suites?: readonly Suite[];
}

/**
 * Trials on the TensorFlow engine over the program's suites and data sets, with further methods, or null; `close` at
 * the end.
 */
export async function trialsWith(
  further: Method | readonly Method[] | null,
  { suites: given, ...options }: TrialsOptions = {},
): Promise<TrialRunner & { close(): void }> {
  const [methods, suites, engine] = await Promise.all([
    loadMethods(),
    given === undefined
      ? loadSuites()
      : suiteRegistry(() => ({ suites: new Map(given.map((suite) => [suite.id, suite])), troubles: [] })),
    openEngine('tensorflow-cpu', options),
  ]);
  const own = [further ?? []].flat();
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-trials-'));
  const store = openDatasetStore({ dataFolder: folder });
  const runner = trialRunner({
    engine,
    suites,
    methods: { ...methods, get: (id) => own.find((method) => method.id === id) ?? methods.get(id) },
    dataset: (_suite, id) => store.open(id),
  });
  return {
    ...runner,
    close: () => {
      engine.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The numbers of the network that a trial left. */
export function modelArrays({ artefacts }: Pick<TrialResult, 'artefacts'>): NamedArrays {
  const model = artefacts[MODEL];
  if (model?.kind !== 'model') throw new Error('the trial left no network');
  return model.arrays;
}

/** Runs trials in this process, each once however many ask for it. */
export function trialRunner({ engine, methods, suites, dataset }: TrialRunnerParts): TrialRunner {
  const finished = new Map<string, TrialRun>();

  async function run(
    suiteId: string,
    methodId: string,
    given: HyperParameters = {},
    seed = 1,
    interruptions?: Interruptions,
  ): Promise<TrialRun> {
    const key = JSON.stringify([suiteId, methodId, given, seed, interruptions === undefined]);
    const known = finished.get(key);
    if (known !== undefined) return known;
    const suite = suites.get(suiteId),
      method = methods.get(methodId);
    const verdict = method.fits(suite.facts);
    if (verdict !== true) throw new Error(verdict);
    const hyperParameters = resolveHyperParameters(method, given);
    const artefacts = new Map<string, Artefact>();
    for (const request of method.trials?.(suite.facts, hyperParameters, seed) ?? []) {
      const { artefacts: made } = await run(request.suite, request.method, request.hyperParameters, request.seed);
      const artefact = made[request.artefact ?? MODEL];
      if (artefact === undefined) throw new Error(`${request.method} left no ${request.artefact ?? MODEL}`);
      artefacts.set(request.name, artefact);
    }
    for (;;) {
      const end = await runTrial(
        { id: key, suite, method, hyperParameters, seed, fold: suite.facts.folds === 1 ? null : 0 },
        {
          engine,
          buildNetwork,
          stream,
          dataset: (id) => dataset(suite, id),
          method: async (id) => methods.get(id),
          ...interruptions,
          artefact: async (name) => {
            const artefact = artefacts.get(name);
            if (artefact === undefined) throw new Error(`no artefact ${name}`);
            return artefact;
          },
        },
      );
      if (end.state === 'cancelled') throw new Error('cancelled');
      if (end.state === 'diverged') throw new Error(end.divergence.message);
      if (end.state === 'paused') continue;
      const result = { ...end.result, metrics: computeMetrics(end.result.primitives) };
      finished.set(key, result);
      return result;
    }
  }
  return { run, finished };
}
