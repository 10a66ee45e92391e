import { outputsOf } from '../../../src-main/engine/networks/specification.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import type { Dataset, DatasetInfo } from '../../../src-main/datasets/types.ts';
import { openEngine } from '../../../src-main/engine/engine.ts';
import type { Engine } from '../../../src-main/engine/types.ts';
import type { HyperParameters } from '../../../src-main/methods/contract.ts';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import type { Suite } from '../../../src-main/suites/contract.ts';
import { trialRunner, type TrialRunner } from '../run-trials.ts';
import { tinyDataset } from './tiny-dataset.ts';

const [methods, suites] = await Promise.all([loadMethods(), loadSuites()]);
/** Probes end in curves and not in answers: methods/theory/probes.test.ts has them on this backend. */
const quick = [...suites.suites.values()].filter(
  ({ quick: isQuick, facts }) => isQuick && facts.kind !== 'probe' && facts.target === 'classes',
);
/**
 * Those of numbers or of columns as they are need a real table, native learners no backend, given experts files: their
 * own tests have them.
 */
const answering = [...methods.methods]
  .filter(([, { method }]) => method.protocol !== 'probe' && method.native === undefined)
  .filter(([id]) => id !== 'given-expert')
  .filter(([, { method }]) =>
    [...suites.suites.values()].some(({ facts }) => facts.table !== true && method.fits(facts) === true),
  )
  .map(([id]) => id);
/** Settings of methods whose defaults are too long for a quick suite, or for this backend. */
const GIVEN: Readonly<Record<string, HyperParameters>> = {
  concrete: { maskSteps: 20 },
  wemoe: { steps: 20 },
  atlas: { steps: 20 },
  'fast-geometric-ensembling': { cycles: 2 },
  'train-fge': { cycles: 2 },
  eeil: { balancedEpochs: 2 },
  'generative-classifier': { samples: 5 },
};

/** One method of each family that learns a separable task within few steps, cheaply. */
const LEARNER: Readonly<Record<string, readonly [method: string, given: HyperParameters]>> = {
  continual: ['joint', {}],
  training: ['sgd', {}],
  ensembling: ['deep-ensemble', { members: 2 }],
  merging: ['prediction-ensemble', {}],
};
/** Where each method is tried: the first suite that it fits. */
const SMALL = [
  'split-optdigits-quick/class-il',
  'split-optdigits-quick/task-il',
  'iid-mlp-quick/optdigits',
  'independent-mlp-quick/optdigits',
  'iid-tabular-quick/wdbc',
  'iid-shapes-quick',
  'transfer-quick/digits-generated-to-mnist',
  'shared-start-digits-generated-quick',
  'checkpoints-of-one-run-quick',
  'forgetting-a-class-quick',
  'lora-experts-quick',
  'proxy-tuning-quick',
  'repair-mlp-quick/optdigits',
  // Two hidden layers, of which a method may share the first.
  'split-optdigits/class-il',
];

let engine: Engine;
let folder: string;
let infos: ReadonlyMap<string, DatasetInfo>;
let trials: TrialRunner;
beforeAll(async () => {
  engine = await openEngine('wasm');
  folder = mkdtempSync(join(tmpdir(), 'touchstone-wasm-'));
  infos = new Map((await openDatasetStore({ dataFolder: folder }).list()).map((info) => [info.id, info]));
  trials = trialRunner({ engine, methods, suites, dataset: async (suite, id) => datasetFor(suite, id) });
});
afterAll(() => {
  engine.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * Convolutions are slow on this backend: fewer rows for them. Tasks of experts take rows apart, and online streams draw
 * 400 of each task: more for these.
 */
function datasetFor(suite: Suite, id: string): Dataset {
  const info = infos.get(id);
  if (info === undefined) throw new Error(`${suite.id} wants the unknown dataset ${id}`);
  if (suite.facts.kind === 'experts' && suite.facts.tasks > 1)
    return tinyDataset(info, { train: 20 * suite.facts.tasks, test: 4 * suite.facts.tasks });
  // A start that knows the task takes rows of every class for itself.
  if (suite.id.startsWith('many-runs-known-task')) return tinyDataset(info, { train: 60, test: 4 });
  if (suite.id.includes('-20x1k')) return tinyDataset(info, { train: 60, test: 4 });
  if (/-online-(1k|narrow)|^(blurry|seq)-/.test(suite.id)) return tinyDataset(info, { train: 200, test: 4 });
  return tinyDataset(info, suite.network.input.length === 3 ? { train: 6, test: 4 } : { train: 12, test: 4 });
}

describe('on wasm, every quick suite', () => {
  it.each(quick.map((suite) => [suite.id, suite] as const))('%s is learned', async (id, suite) => {
    const [method, given] = LEARNER[suite.facts.family] ?? ['none', {}];
    const { metrics, environment } = await trials.run(id, method, given);
    const accuracy = metrics[suite.facts.family === 'continual' ? 'acc.final-mean-tasks' : 'acc.test'];
    const outputs = outputsOf(suite.network);
    // Sixty rows are too few for a residual net, and six hundred for twenty permutations in one pass.
    if (/^(cifar10-small|perm-mnist-20x1k)/.test(id)) return expect(accuracy).toBeGreaterThanOrEqual(0);
    // Half as much again as chance; of coloured digits a quarter of the labels is wrong, so that nobody knows more.
    const chance = 1 / outputs;
    expect(accuracy).toBeGreaterThan(id.includes('coloured') ? (chance + 0.75) / 2 : 1.5 * chance);
    expect(environment.backend).toBe('wasm');
  });
});

describe('on wasm, floating-point operations', () => {
  it('are counted as in recorded steps', async () => {
    const { cost } = await trials.run('iid-mlp-quick/optdigits', 'deep-ensemble', { members: 2 });
    // 64-50-10: products, biases, rectifiers; twice.
    expect(cost.inferenceFlops).toBe(2 * (2 * 64 * 50 + 50 + 50 + 2 * 50 * 10 + 10));
    const trained = await trials.run('iid-mlp-quick/optdigits', 'train-network', {}, 100);
    // Forward, the same for the kernels' gradients, and the gradient of the hidden units; the rest is element-wise.
    const products = 2 * (64 * 50 + 50 * 10) * 2 + 2 * 50 * 10;
    expect(trained.cost.flops).toBeGreaterThan(trained.cost.examples * products);
    expect(trained.cost.flops).toBeLessThan(3 * trained.cost.examples * products);
  });
});

describe('on wasm, every method', () => {
  it.each(answering)('%s runs to its end and gives probabilities', async (id) => {
    const method = methods.get(id);
    const suite = SMALL.find((candidate) => method.fits(suites.get(candidate).facts) === true);
    expect(suite, `no small suite fits ${id}`).toBeDefined();
    const { primitives } = await trials.run(suite ?? '', id, GIVEN[id] ?? {});
    expect(Object.keys(primitives.probabilities)).not.toHaveLength(0);
    for (const [split, { classes, values, scores }] of Object.entries(primitives.probabilities)) {
      // Scores only rank the classes.
      if (scores === true) {
        expect(values.every((value) => Number.isFinite(value))).toBe(true);
        continue;
      }
      for (let at = 0; at < values.length; at += classes) {
        const row = values.slice(at, at + classes);
        expect(
          row.every((p) => p >= 0) && Math.abs(row.reduce((sum, p) => sum + p, 0) - 1) < 1e-3,
          `${split}, row ${at / classes}: ${row.join(', ')}`,
        ).toBe(true);
      }
    }
  });
});
