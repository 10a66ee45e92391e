import { describe, expect, it } from 'vitest';
import { cnn } from '../../../../src-main/engine/networks/architectures/cnn.ts';
import { buildNetwork } from '../../../../src-main/engine/networks/networks.ts';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { averageParameters } from '../../../../src-main/methods/merging/shared/average.ts';
import { permuteNetwork, permuteParameter } from '../../../../src-main/methods/merging/shared/permutations.ts';
import { goalsBetween, repaired } from '../../../../src-main/methods/merging/shared/repair.ts';
import { mergeTensors } from '../../../../src-main/methods/merging/shared/tensor-merge.ts';
import { matchWeights } from '../../../../src-main/methods/merging/shared/weight-matching.ts';
import type { Matching } from '../../../../src-main/methods/merging/shared/weight-matching.ts';
import varianceCorrection, { spreadOf } from '../../../../src-main/methods/merging/variance-correction.ts';
import { aligned, alignedNetwork, namedNet, ordersOf } from '../../../fixtures/merging/aligned.ts';
import { expectClose } from '../../../fixtures/merging/merges.ts';

function finish(work: Generator<number, Matching, void>): Matching {
  let step = work.next();
  while (step.done !== true) step = work.next();
  return step.value;
}

const known = aligned.weight_matching;
const [a, b] = [namedNet(known.A), namedNet(known['B (independent)'])];

describe('weight matching', () => {
  it('recovers the units of a noisy twin', () => {
    const twin = namedNet(known['noisy twin']);
    const { permutations } = finish(matchWeights(alignedNetwork, a, twin, stream(1, 'order'), 100));
    expect(permutations).toEqual(ordersOf(known['recovered from noisy twin (= argsort(P))']));
  });

  it('reaches the known optimum of independent nets, whichever layer is first, and stays there', () => {
    const orders = ordersOf(known['A vs B, updating P1 first (another local optimum is allowed)'].perm);
    const found = [1, 2, 3].map((seed) => finish(matchWeights(alignedNetwork, a, b, stream(seed, 'order'), 100)));
    const again = finish(matchWeights(alignedNetwork, a, b, stream(4, 'order'), 100, found[0].permutations));
    expect(again.objective).toHaveLength(2);
    for (const { permutations, objective } of [...found, again]) {
      expect(permutations).toEqual(orders);
      expect(objective.at(-1)).toBeCloseTo(known['A vs B, updating P0 first'].inner_product, 5);
    }
    expect(found[0].objective[0]).toBeCloseTo(known['identity inner_product'], 5);
  });
});

it('a permutation of channels reorders the rows after a flattened map in blocks', () => {
  const network = buildNetwork(cnn({ input: [2, 3, 1], conv: [2], dense: 1, outputs: 2, init: 'torch-default' }));
  const kernel = network.params.find(({ name }) => name === 'dense0/kernel');
  if (kernel === undefined) throw new Error('no kernel');
  const rows = Float32Array.from({ length: 12 }, (_, row) => row);
  const moved = permuteParameter(network, kernel, rows, { conv0: Int32Array.of(1, 0) }, null);
  expect([...moved]).toEqual(aligned.flatten_spec['rows (new row i = old row rows[i])']);
});

describe('REPAIR', () => {
  it.each([
    ['known', ordersOf(aligned.repair.permutations), aligned.repair.layers, aligned.repair['fused midpoint']],
    ['of our own inputs', ordersOf(aligned.answers.correlation), aligned.repaired.layers, aligned.repaired.fused],
  ])('folds its corrections into the midpoint: %s', (_name, orders, layers, fused) => {
    const midpoint = averageParameters([a, permuteNetwork(alignedNetwork, b, orders)]);
    const named = <T>(of: (layer: (typeof layers)[number]) => T) =>
      new Map(layers.map((layer, index) => [`dense${index}`, of(layer)]));
    const statistics = named(({ midpoint_mean, midpoint_var }) => ({
      mean: Float64Array.from(midpoint_mean),
      variance: Float64Array.from(midpoint_var),
    }));
    const goals = named(({ goal_mean, goal_std }) => ({
      mean: Float64Array.from(goal_mean),
      deviation: Float64Array.from(goal_std),
    }));
    const found = repaired(midpoint, statistics, goals);
    for (const [name, values] of Object.entries(namedNet(fused))) expectClose(found[name], values);
  });

  it('aims between means and deviations, not variances', () => {
    const of = (mean: number, variance: number) =>
      new Map([['dense0', { mean: Float64Array.of(mean), variance: Float64Array.of(variance) }]]);
    const goal = goalsBetween(of(1, 4), of(3, 16), 0.25).get('dense0');
    expect([goal?.mean[0], goal?.deviation[0]]).toEqual([1.5, 2.5]);
  });
});

describe('variance-corrected average', () => {
  const merge = (values: Readonly<Record<string, unknown>>, models: readonly Float32Array[]): Float32Array =>
    mergeTensors(varianceCorrection.tensorMerge, values, {
      base: null,
      models: models.map((w) => ({ w })),
      shapes: {},
      stream: (name) => stream(0, name),
    })[0]['w'];
  const normal = (seed: number, entries: number): Float32Array => {
    const values = new Float32Array(entries);
    stream(seed, 'w').fillNormal(values, 0.3, 2);
    return values;
  };

  it('has the variance of its target around the mean of the average, which has an n-th of it', () => {
    const models = [1, 2, 3, 4].map((seed) => normal(seed, 20_000));
    const average = averageParameters(models.map((w) => ({ w })))['w'];
    expect(spreadOf(average).variance).toBeCloseTo(4 / 4, 1);
    const variances = models.map((model) => spreadOf(model).variance);
    const others = (variances[1] + variances[2] + variances[3]) / 3;
    const wanted = { own: variances[0], others, mixed: 0.25 * variances[0] + 0.75 * others };
    for (const [target, variance] of Object.entries(wanted)) {
      const found = spreadOf(merge({ target, share: 0.25 }, models));
      expect(found.variance).toBeCloseTo(variance, 3);
      expect(found.mean).toBeCloseTo(spreadOf(average).mean, 4);
    }
  });

  it('by hand: the average (1, 2) has variance ½, the first net 2, the second 0', () => {
    const models = [Float32Array.of(-1, 1), Float32Array.of(3, 3)];
    expect([...merge({ target: 'own' }, models)]).toEqual([0.5, 2.5]);
    expect([...merge({ target: 'others' }, models)]).toEqual([1.5, 1.5]);
  });

  it('leaves what does not vary as it is, and one net alone', () => {
    expect([...merge({}, [Float32Array.of(0, 0), Float32Array.of(0, 0)])]).toEqual([0, 0]);
    expect([...merge({}, [Float32Array.of(1, 2), Float32Array.of(2, 1)])]).toEqual([1.5, 1.5]);
    expect([...merge({}, [Float32Array.of(7)])]).toEqual([7]);
    const alone = normal(5, 50);
    expectClose(merge({}, [alone]), alone);
  });
});
