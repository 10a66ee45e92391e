import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import type { Dataset, DatasetInfo } from '../../../src-main/datasets/types.ts';
import { openEngine } from '../../../src-main/engine/engine.ts';
import { buildNetwork } from '../../../src-main/engine/networks.ts';
import { stream } from '../../../src-main/engine/streams.ts';
import type { Engine } from '../../../src-main/engine/types.ts';
import type { Artefact, HyperParameters } from '../../../src-main/methods/contract.ts';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import { computeMetrics } from '../../../src-main/metrics/registry.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import type { Suite } from '../../../src-main/suites/contract.ts';
import { runTrial, type TrialResult } from '../../../src-main/worker/run-trial.ts';
import { tinyDataset } from './tiny-dataset.ts';

const [methods, suites] = await Promise.all([loadMethods(), loadSuites()]);
const quick = [...suites.suites.values()].filter((suite) => suite.quick);

/** One method of each family that learns a separable task within few steps, cheaply. */
const LEARNER: Readonly<Record<string, readonly [method: string, given: HyperParameters]>> = {
  continual: ['joint', {}], training: ['sgd', {}], ensembling: ['deep-ensemble', { members: 2 }], merging: ['prediction-ensemble', {}],
};
/** Where each method is tried: the first suite that it fits. */
const SMALL = ['split-optdigits-quick/class-il', 'iid-mlp-quick/optdigits', 'independent-mlp-quick/optdigits', 'iid-tabular-quick/wdbc', 'iid-shapes-quick'];

let engine: Engine;
let folder: string;
let infos: ReadonlyMap<string, DatasetInfo>;
const finished = new Map<string, TrialResult>();
beforeAll(async () => {
  engine = await openEngine('wasm');
  folder = mkdtempSync(join(tmpdir(), 'touchstone-wasm-'));
  infos = new Map((await openDatasetStore({ dataFolder: folder }).list()).map((info) => [info.id, info]));
});
afterAll(() => {
  engine.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** Convolutions are slow on this backend: fewer rows for them. */
function datasetFor(suite: Suite, id: string): Dataset {
  const info = infos.get(id);
  if (info === undefined) throw new Error(`${suite.id} wants the unknown dataset ${id}`);
  return tinyDataset(info, suite.network.kind === 'cnn' ? { train: 6, test: 4 } : { train: 12, test: 4 });
}

/** Runs a trial as a worker does, what it needs of others first. */
async function run(suiteId: string, methodId: string, given: HyperParameters = {}, seed = 1): Promise<TrialResult> {
  const key = JSON.stringify([suiteId, methodId, given, seed]);
  const known = finished.get(key);
  if (known !== undefined) return known;
  const suite = suites.get(suiteId), method = methods.get(methodId);
  const hyperParameters: HyperParameters = Object.fromEntries(Object.entries(method.schema.parse(given)).filter((entry): entry is [string, number | string | boolean] => ['number', 'string', 'boolean'].includes(typeof entry[1])));
  const artefacts = new Map<string, Artefact>();
  for (const request of method.artefacts?.(suite.facts, hyperParameters, seed) ?? []) {
    const { artefact } = await run(request.suite, request.method, request.hyperParameters, request.seed);
    if (artefact === null) throw new Error(`${request.method} left no artefact`);
    artefacts.set(request.name, artefact);
  }
  const end = await runTrial({ id: key, suite, method, hyperParameters, seed }, {
    engine, buildNetwork, stream, dataset: async (id) => datasetFor(suite, id),
    artefact: async (name) => {
      const artefact = artefacts.get(name);
      if (artefact === undefined) throw new Error(`no artefact ${name}`);
      return artefact;
    },
  });
  if (end.state !== 'done') throw new Error(`the trial was ${end.state}`);
  finished.set(key, end.result);
  return end.result;
}

describe('on wasm, every quick suite', () => {
  it.each(quick.map((suite) => [suite.id, suite] as const))('%s is learned', async (id, suite) => {
    const [method, given] = LEARNER[suite.facts.family] ?? ['none', {}];
    const { primitives, environment } = await run(id, method, given);
    const metrics = computeMetrics(primitives);
    const accuracy = metrics[suite.facts.family === 'continual' ? 'acc.final-mean-tasks' : 'acc.test'];
    const outputs = suite.network.outputs;
    // half as much again as chance
    expect(accuracy).toBeGreaterThan(1.5 / outputs);
    expect(environment.backend).toBe('wasm');
  });
});

describe('on wasm, every method', () => {
  it.each([...methods.methods.keys()])('%s runs to its end and gives probabilities', async (id) => {
    const method = methods.get(id);
    const suite = SMALL.find((candidate) => method.fits(suites.get(candidate).facts) === true);
    expect(suite, `no small suite fits ${id}`).toBeDefined();
    const { primitives } = await run(suite ?? '', id);
    expect(Object.keys(primitives.probabilities)).not.toHaveLength(0);
    for (const [split, { classes, values }] of Object.entries(primitives.probabilities)) {
      for (let at = 0; at < values.length; at += classes) {
        const row = values.slice(at, at + classes);
        expect(row.every((p) => p >= 0) && Math.abs(row.reduce((sum, p) => sum + p, 0) - 1) < 1e-3, `${split}, row ${at / classes}: ${row.join(', ')}`).toBe(true);
      }
    }
  });
});
