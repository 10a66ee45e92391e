import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import { buildNetwork } from '../../../src-main/engine/networks.ts';
import { stream } from '../../../src-main/engine/streams.ts';
import type { Engine } from '../../../src-main/engine/types.ts';
import type { Artefact, HyperParameters } from '../../../src-main/methods/contract.ts';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import { computeMetrics } from '../../../src-main/metrics/registry.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import type { CheckpointStore } from '../../../src-main/worker/checkpoint.ts';
import { runTrial } from '../../../src-main/worker/run-trial.ts';
import type { TrialResult, Wish } from '../../../src-main/worker/run-trial.ts';

export interface FamilyRun extends TrialResult {
  readonly metrics: Readonly<Record<string, number>>;
}

export interface Interruptions {
  readonly checkpoints: CheckpointStore;
  /** Asked at every yield. */
  wish(): Wish;
}

/** Runs methods on suites in this process, artefacts first, each trial once. */
export async function familyRunner(engine: Engine, dataFolder: string) {
  const [methods, suites] = await Promise.all([loadMethods(), loadSuites()]);
  const datasets = openDatasetStore({ dataFolder });
  const finished = new Map<string, FamilyRun>();

  async function run(suiteId: string, methodId: string, given: HyperParameters = {}, seed = 1, interruptions?: Interruptions): Promise<FamilyRun> {
    const key = JSON.stringify([suiteId, methodId, given, seed, interruptions === undefined]);
    const known = finished.get(key);
    if (known !== undefined) return known;
    const suite = suites.get(suiteId);
    const method = methods.get(methodId);
    const verdict = method.fits(suite.facts);
    if (verdict !== true) throw new Error(verdict);
    const hyperParameters: HyperParameters = Object.fromEntries(Object.entries(method.schema.parse(given)).filter((entry): entry is [string, number | string | boolean] => ['number', 'string', 'boolean'].includes(typeof entry[1])));
    const artefacts = new Map<string, Artefact>();
    for (const request of method.artefacts?.(suite.facts, hyperParameters, seed) ?? []) {
      const { artefact } = await run(request.suite, request.method, request.hyperParameters, request.seed);
      if (artefact === null) throw new Error(`${request.method} left no artefact`);
      artefacts.set(request.name, artefact);
    }
    for (;;) {
      const end = await runTrial({ id: key, suite, method, hyperParameters, seed }, {
        engine, buildNetwork, stream, dataset: (id) => datasets.open(id), ...interruptions,
        artefact: async (name) => {
          const artefact = artefacts.get(name);
          if (artefact === undefined) throw new Error(`no artefact ${name}`);
          return artefact;
        },
      });
      if (end.state === 'cancelled') throw new Error('cancelled');
      if (end.state === 'paused') continue;
      const result = { ...end.result, metrics: computeMetrics(end.result.primitives) };
      finished.set(key, result);
      return result;
    }
  }
  return { run, methods, suites, finished };
}
