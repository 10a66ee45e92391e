import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../../src-main/datasets/types.ts';
import { openEngine } from '../../../src-main/engine/engine.ts';
import { isConvolutional, outputsOf } from '../../../src-main/engine/networks/specification.ts';
import type { Engine } from '../../../src-main/engine/types.ts';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import type { Cost } from '../../../src-main/metrics/primitives.ts';
import type { Suite } from '../../../src-main/suites/contract.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import type { Checkpoint } from '../../../src-main/trial/checkpoint.ts';
import { tinyDataset } from '../engine/tiny-dataset.ts';
import { trialRunner, type TrialRunner } from '../run-trials.ts';

/**
 * What a trial costs, against numbers taken by hand from its network and its settings: counted, and never told by a
 * method.
 */

const BYTES = 4;
const STREAM = 'split-mnist-quick/class-il',
  ROWS = 'iid-mlp-quick/optdigits',
  MERGING = 'independent-mlp-quick/optdigits';

const [methods, suites] = await Promise.all([loadMethods(), loadSuites()]);

/** Widths of the layers, input first. */
function widths({ network }: Suite): readonly number[] {
  const units = network.layers.flatMap((layer) => (layer.kind === 'dense' ? [layer.units] : []));
  if (isConvolutional(network)) throw new Error('these are dense networks');
  return [...network.input, ...units, outputsOf(network)];
}
/** Σ in·out + out: weights and biases of a dense network. */
const parametersOf = (suite: Suite): number =>
  widths(suite).reduce((sum, out, layer, all) => (layer === 0 ? 0 : sum + all[layer - 1] * out + out), 0);
/** Σ 2·in·out for the products, out for the biases, and one for each hidden unit's rectifier. */
const flopsOf = (suite: Suite): number =>
  widths(suite).reduce((sum, out, layer, all) => {
    if (layer === 0) return 0;
    return sum + 2 * all[layer - 1] * out + out + (layer < all.length - 1 ? out : 0);
  }, 0);

const [stream, rows, merging] = [STREAM, ROWS, MERGING].map((id) => suites.get(id));

function datasetOf({ network }: Suite, id: string): Dataset {
  const classes = Array.from({ length: outputsOf(network) }, (_, i) => `class ${i}`);
  return tinyDataset({ id, title: id, shape: network.input, classes, kind: 'image' }, { train: 30, test: 10 });
}

let engine: Engine;
let trials: TrialRunner;
beforeAll(async () => {
  engine = await openEngine('tensorflow-cpu');
  trials = trialRunner({ engine, methods, suites, dataset: async (suite, id) => datasetOf(suite, id) });
}, 60_000);
afterAll(() => engine.dispose());

const costOf = async (suite: string, method: string, given = {}): Promise<Cost> =>
  (await trials.run(suite, method, given)).cost;

describe('parameters and FLOPs of an answer', () => {
  it('of one network are those of its layers', async () => {
    const expected = { parameters: parametersOf(rows), inferenceFlops: flopsOf(rows) };
    expect(expected).toEqual({ parameters: 3760, inferenceFlops: 7510 });
    expect(await costOf(ROWS, 'train-network')).toMatchObject(expected);
    expect(await costOf(ROWS, 'single')).toMatchObject(expected);
    expect(await costOf(ROWS, 'temperature-scaling')).toMatchObject(expected);
  }, 60_000);

  it.each([2, 5])(
    'of an ensemble of %i are so many times those of a member',
    async (members) => {
      const cost = await costOf(ROWS, 'deep-ensemble', { members });
      expect(cost.parameters).toBe(members * parametersOf(rows));
      expect(cost.inferenceFlops).toBe(members * flopsOf(rows));
      // The members are the predictor: nothing is kept beside it.
      expect(cost.bytesStored).toBe(0);
    },
    120_000,
  );

  it(
    'of a merged net are those of one, of the ensemble of both those of two, of the better one those ' + 'of one',
    async () => {
      const one = { parameters: parametersOf(merging), inferenceFlops: flopsOf(merging) };
      expect(await costOf(MERGING, 'weight-average')).toMatchObject(one);
      expect(await costOf(MERGING, 'git-rebasin-weight-matching')).toMatchObject(one);
      expect(await costOf(MERGING, 'best-single')).toMatchObject(one);
      const both = await costOf(MERGING, 'prediction-ensemble');
      expect(both.parameters).toBe(2 * one.parameters);
      expect(both.inferenceFlops).toBe(2 * one.inferenceFlops);
    },
    120_000,
  );

  it('of what answers without a network are none', async () => {
    expect(await costOf('iid-tabular-quick/wdbc', 'majority-class')).toMatchObject({
      parameters: 0,
      inferenceFlops: 0,
      bytesStored: 0,
    });
  }, 60_000);
});

describe('stored bytes', () => {
  const network = parametersOf(stream) * BYTES;
  /** Input as float32, label as int32. */
  const example = 784 * BYTES + BYTES;
  const outputs = 10;

  it.each([
    ['naive', {}, 0],
    ['joint', {}, 0],
    // Importances and the parameters after the last task.
    ['ewc', {}, 2 * network],
    ['online-ewc', {}, 2 * network],
    ['mas', {}, 2 * network],
    ['l2', {}, 2 * network],
    // And the path integral of the task under way.
    ['si', {}, 3 * network],
    // The network before; which outputs of each of five tasks are distilled, their weights, and the two of the loss.
    ['lwf', {}, network + (5 * outputs + 5 + 2) * BYTES],
    // As many examples as there is room for, and how many were offered.
    ['er', { memory: 40 }, 40 * example + BYTES],
    // With the logits of each, and of one place that is written to when an example is not stored.
    ['der', { memory: 40 }, 40 * example + BYTES + 41 * outputs * BYTES],
    ['derpp', { memory: 40 }, 40 * example + BYTES + 41 * outputs * BYTES],
    ['gdumb', { memory: 40 }, 40 * example + BYTES],
    // An equal share of each of the tasks seen, and how many of each there are; after the first task it is full.
    ['rehearsal', { memory: 40 }, 40 * example + 5 * BYTES],
    ['agem', { memory: 40 }, 40 * example + 5 * BYTES],
    ['gem', { memory: 40 }, 40 * example + 5 * BYTES],
  ] as const)(
    'of %s %o',
    async (method, given, bytes) => {
      expect((await costOf(STREAM, method, given)).bytesStored).toBe(bytes);
    },
    120_000,
  );

  it('are those of the examples that are there, where there is room for more', async () => {
    // Ten classes of thirty rows each, which the reservoir is offered in every epoch.
    const offered = 300 * stream.budget.epochs;
    expect((await costOf(STREAM, 'er', { memory: 5000 })).bytesStored).toBe(offered * example + BYTES);
  }, 60_000);

  it('are the most over a trial, also when it was interrupted', async () => {
    let saved: Checkpoint | null = null;
    let asked = 0;
    const { cost } = await trials.run(STREAM, 'rehearsal', { memory: 40 }, 1, {
      checkpoints: {
        save: (checkpoint) => {
          saved = structuredClone(checkpoint);
        },
        load: () => saved,
        clear: () => {
          saved = null;
        },
      },
      wish: () => (asked++ % 3 === 2 ? 'pause' : 'go'),
    });
    expect(cost.bytesStored).toBe(40 * example + 5 * BYTES);
    expect(cost.inferenceFlops).toBe((await costOf(STREAM, 'rehearsal', { memory: 40 })).inferenceFlops);
  }, 120_000);
});
