import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatasetStore } from '../../../../src-main/datasets/store.ts';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { mlp } from '../../../../src-main/engine/networks/architectures/mlp.ts';
import { residualCnn } from '../../../../src-main/engine/networks/architectures/residual-cnn.ts';
import type { VariableSource } from '../../../../src-main/engine/optimisers/optimisers.ts';
import { buildNetwork } from '../../../../src-main/engine/networks/networks.ts';
import type { Network, NetworkSpec } from '../../../../src-main/engine/networks/specification.ts';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import type { Engine, NamedArrays } from '../../../../src-main/engine/types.ts';
import { averageParameters } from '../../../../src-main/methods/merging/shared/average.ts';
import { withEstimatedNorms } from '../../../../src-main/methods/merging/shared/estimated-norms.ts';
import { hiddenAnswers } from '../../../../src-main/methods/merging/shared/layer-statistics.ts';
import type { PassedRows } from '../../../../src-main/methods/merging/shared/layer-statistics.ts';
import { permutationAxes, permuteNetwork } from '../../../../src-main/methods/merging/shared/permutations.ts';
import { answerStatistics, goalsBetween, repaired } from '../../../../src-main/methods/merging/shared/repair.ts';
import { straightThrough } from '../../../../src-main/methods/merging/shared/straight-through.ts';
import { crossMoments, matchAnswers } from '../../../../src-main/methods/merging/shared/unit-moments.ts';
import { networkPredictor } from '../../../../src-main/methods/shared/network-predictor.ts';
import { networkVariables } from '../../../../src-main/methods/shared/network-variables.ts';
import { loadMethods } from '../../../../src-main/methods/registry.ts';
import { pathMeasure } from '../../../../src-main/suites/merging/shared/path.ts';
import { loadSuites } from '../../../../src-main/suites/registry.ts';
import { iidSuite } from '../../../../src-main/suites/training/shared/iid-suite.ts';
import { aligned, alignedNetwork, namedNet, ordersOf } from '../../../fixtures/merging/aligned.ts';
import { expectClose, flat } from '../../../fixtures/merging/merges.ts';
import { modelArrays, pausing, trialRunner } from '../../run-trials.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine('tensorflow-cpu');
});
afterAll(() => engine.dispose());

const [a, b] = [namedNet(aligned.weight_matching.A), namedNet(aligned.weight_matching['B (independent)'])];
const net = (values: NamedArrays) => ({ network: alignedNetwork, values });
let made = 0;
function rowsOf(x: Float32Array, input: readonly number[]): PassedRows {
  const rows = x.length / input.reduce((product, size) => product * size, 1);
  const inputs = engine.variable(`x${(made += 1)}`, { shape: [rows, ...input], dtype: 'float32' }, x);
  return { inputs, ids: Int32Array.from({ length: rows }, (_, row) => row) };
}
const known = (): PassedRows => rowsOf(flat(aligned.inputs.x), [4]);

describe('known answers', () => {
  it.each(['inner-product', 'correlation'] as const)('units are matched by the %s of their answers', async (by) => {
    expect(matchAnswers(await crossMoments(engine, [net(a), net(b)], [known()]), by)).toEqual(
      ordersOf(aligned.answers[by]),
    );
  });

  it('REPAIR measures each layer after those before it were corrected', async () => {
    const other = permuteNetwork(alignedNetwork, b, ordersOf(aligned.answers.correlation));
    const rows = known();
    const [first, second] = [
      await answerStatistics(engine, net(a), rows),
      await answerStatistics(engine, net(other), rows),
    ];
    const goals = goalsBetween(first, second, 0.5);
    const midpoint = averageParameters([a, other]);
    const statistics = await answerStatistics(engine, net(midpoint), rows, goals);
    aligned.repaired.layers.forEach(({ goal_mean, goal_std, midpoint_mean, midpoint_var }, index) => {
      const layer = `dense${index}`;
      expectClose(goals.get(layer)?.mean ?? [], goal_mean);
      expectClose(goals.get(layer)?.deviation ?? [], goal_std);
      expectClose(statistics.get(layer)?.mean ?? [], midpoint_mean);
      expectClose(statistics.get(layer)?.variance ?? [], midpoint_var);
    });
    const corrected = repaired(midpoint, statistics, goals);
    for (const [name, values] of Object.entries(namedNet(aligned.repaired.fused))) expectClose(corrected[name], values);
    // What the corrected net answers by itself has the goal's mean and deviation.
    for (const [layer, { mean, variance }] of await answerStatistics(engine, net(corrected), rows)) {
      expectClose(mean, goals.get(layer)?.mean ?? []);
      expectClose(variance.map(Math.sqrt), goals.get(layer)?.deviation ?? [], 5e-4);
    }
  });

  it('the straight-through gradient is that of the midpoint, as if the order were the identity', async () => {
    const { x, y } = aligned.inputs;
    const split = {
      x: known().inputs,
      y: engine.variable('y', { shape: [y.length], dtype: 'int32' }, Int32Array.from(y)),
    };
    const source: VariableSource = { variable: (name, spec, initial) => engine.variable(name, spec, initial()) };
    const work = straightThrough(engine, source, {
      network: alignedNetwork,
      a,
      split,
      optimiser: { kind: 'sgd', lr: 1 },
    });
    const orders = ordersOf(
      aligned.weight_matching['A vs B, updating P1 first (another local optimum is allowed)'].perm,
    );
    const rows = Int32Array.from(x.keys());
    expect(await work.step(permuteNetwork(alignedNetwork, b, orders), rows)).toBeCloseTo(
      aligned.straight_through.loss,
      5,
    );
    const free = await work.free();
    for (const [name, gradient] of Object.entries(namedNet(aligned.straight_through.gradient)))
      expectClose(
        a[name].map((value, at) => value - free[name][at]),
        gradient,
      );
  });
});

/** Values with statistics of their own, so that a permutation that forgets them is caught. */
function randomValues(network: Network, seed: number): NamedArrays {
  const { params, state } = network.init(stream(seed, 'init'));
  for (const [name, values] of Object.entries({ ...params, ...state }))
    if (!name.endsWith('kernel')) stream(seed, name).fillUniform(values, 0.5, 1.5);
  return { ...params, ...state };
}

async function logits(network: Network, values: NamedArrays, { inputs, ids }: PassedRows): Promise<ArrayLike<number>> {
  const variables = networkVariables(engine, network, 'asked');
  variables.load(values);
  const predictor = networkPredictor(engine, network, variables);
  return (await predictor.answer({ inputs, rows: ids.length, stream: (name) => stream(0, name) })).values;
}

const SPECS: readonly NetworkSpec[] = [
  mlp({ input: 7, hidden: [12, 9, 10], outputs: 4, init: 'torch-default' }),
  residualCnn({ input: [6, 6, 2], stages: [5, 6], blocks: 1, outputs: 3, init: 'he-normal' }),
];

describe.each(SPECS)('a permuted twin, $architecture.kind', (spec) => {
  const network = buildNetwork(spec);
  const size = spec.input.reduce((product, length) => product * length, 1);

  it('is put back by either similarity, so that the path to it has no barrier', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1000 }), fc.boolean(), async (seed, centred) => {
        const values = randomValues(network, seed);
        const orders = Object.fromEntries(
          [...permutationAxes(network)].map(([name, { size: units }]) => [name, stream(seed, name).permutation(units)]),
        );
        const twin = permuteNetwork(network, values, orders);
        const x = new Float32Array(60 * size);
        stream(seed, 'x').fillNormal(x, 0, 1);
        const rows = rowsOf(x, spec.input);
        const moments = await crossMoments(
          engine,
          [
            { network, values },
            { network, values: twin },
          ],
          [rows],
        );
        const back = permuteNetwork(network, twin, matchAnswers(moments, centred ? 'correlation' : 'inner-product'));
        const [own, between] = [
          await logits(network, values, rows),
          await logits(network, averageParameters([values, back]), rows),
        ];
        expectClose(between, own, 1e-4);
      }),
      { numRuns: 2 },
    );
  });
});

describe('batch-norm statistics', () => {
  const spec = mlp({ input: 3, hidden: [4], outputs: 2, init: 'torch-default', batchNorm: true });
  const network = buildNetwork(spec);
  const plain = buildNetwork(mlp({ input: 3, hidden: [4], outputs: 2, init: 'torch-default' }));

  it('are means and unbiased variances of affine answers, whatever they were before', async () => {
    const values = randomValues(network, 3);
    const x = new Float32Array(90 * 3);
    stream(3, 'x').fillNormal(x, 1, 2);
    const rows = rowsOf(x, [3]);
    const { before } = await hiddenAnswers(engine, plain, values, rows);
    const {
      'dense0/mean': mean,
      'dense0/variance': variance,
      ...rest
    } = await withEstimatedNorms(
      engine,
      network,
      values,
      // Two tasks of 45 rows: a batch has as many of each.
      [rows.ids.subarray(0, 45), rows.ids.subarray(45)].map((ids) => ({ ...rows, ids })),
    );
    const units = Array.from({ length: 4 }, (_, unit) => before[0].filter((_value, at) => at % 4 === unit));
    const means = units.map((all) => all.reduce((sum, value) => sum + value, 0) / 90);
    expectClose(mean, means);
    expectClose(
      variance,
      units.map((all, unit) => all.reduce((sum, value) => sum + (value - means[unit]) ** 2, 0) / 89),
      1e-4,
    );
    expect(rest).toEqual(Object.fromEntries(Object.entries(values).filter(([name]) => name in rest)));
    expect(await withEstimatedNorms(engine, plain, values, [])).toBe(values);
  });
});

describe('merges of two trained nets', () => {
  const common = {
    version: 1,
    title: 'Tiny',
    summary: '',
    kind: 'experts',
    family: 'merging',
    scenario: 'tiny',
    dataset: 'optdigits',
    limit: { train: 200, test: 100 },
    scaling: 'channels',
    validationShare: 0.1,
    epochs: 1,
    batchSize: 30,
    optimiser: { kind: 'sgd', lr: 0.05, momentum: 0.9 },
    references: { lower: 'best-single', upper: 'prediction-ensemble' },
  } as const;
  const measure = pathMeasure({ points: 3, trainRows: 50 });
  const normed = iidSuite(
    {
      ...common,
      id: 'tiny-cnn',
      network: residualCnn({ input: [8, 8, 1], stages: [4], blocks: 1, outputs: 10, init: 'he-normal' }),
    },
    measure,
  );
  const plain = iidSuite(
    {
      ...common,
      id: 'tiny-mlp',
      expert: 'train-fused',
      network: mlp({ input: 64, hidden: [8, 8], outputs: 10, init: 'torch-default' }),
    },
    measure,
  );
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-aligned-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const open = async () => {
    const [methods, suites] = await Promise.all([loadMethods(), loadSuites()]);
    const store = openDatasetStore({ dataFolder: folder });
    const get = (id: string) => [normed, plain].find((suite) => suite.id === id) ?? suites.get(id);
    return trialRunner({ engine, methods, suites: { ...suites, get }, dataset: (_suite, id) => store.open(id) });
  };

  it('have their batch-norm statistics estimated anew, and so has every place of the path', async () => {
    const runner = await open();
    const { metrics, primitives, notes, cost } = await runner.run('tiny-cnn', 'weight-average');
    // The midpoint of the path is the merged net: estimated by the same rows, it is as good.
    expect(metrics['acc.midpoint']).toBe(metrics['acc.test']);
    expect(notes.join()).toContain('data use "statistics"');
    expect(primitives.curves.length).toBeGreaterThan(0);
    expect(cost.forwardPasses).toBeGreaterThanOrEqual(3 * 180);
  });

  it('REPAIR gives the places of its path; straight-through ends alike however often it was paused', async () => {
    const runner = await open();
    const { metrics, primitives } = await runner.run('tiny-mlp', 'repair', { examples: 200 });
    expect(metrics['acc.midpoint']).toBe(metrics['acc.test']);
    expect(primitives.curves.find(({ name }) => name === 'interpolation.loss.test')?.points).toHaveLength(5);
    const settings = { epochs: 1, batchSize: 60 };
    const whole = await runner.run('tiny-mlp', 'git-rebasin-straight-through', settings);
    const paused = await runner.run(
      'tiny-mlp',
      'git-rebasin-straight-through',
      settings,
      1,
      pausing((at) => at === 1 || at === 4),
    );
    expect(modelArrays(paused)).toEqual(modelArrays(whole));
  });
});
