import { cnn } from '../../../../src-main/engine/networks/architectures/cnn.ts';
import { mlp } from '../../../../src-main/engine/networks/architectures/mlp.ts';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildNetwork } from '../../../../src-main/engine/networks/networks.ts';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { tf } from '../../../../src-main/engine/tf.ts';
import type { NamedArrays, ParameterSpec } from '../../../../src-main/engine/types.ts';
import type { Network, NetworkSpec } from '../../../../src-main/engine/networks/specification.ts';
import { averageParameters } from '../../../../src-main/methods/merging/shared/average.ts';
import { permutationAxes, permuteNetwork } from '../../../../src-main/methods/merging/shared/permutations.ts';
import { matchWeights } from '../../../../src-main/methods/merging/shared/weight-matching.ts';
import type { Matching } from '../../../../src-main/methods/merging/shared/weight-matching.ts';

const matrix = z.array(z.array(z.number()));
const vector = z.array(z.number());
const layers = z.looseObject({ W1: matrix, b1: vector, W2: matrix, b2: vector });
const expert = z.object({ W: matrix, b: vector });
const known = z
  .object({ theta: layers, permuted_twin: layers, experts: z.array(expert), average: expert })
  .parse(JSON.parse(readFileSync(new URL('../../../fixtures/merging/known-answers.json', import.meta.url), 'utf8')));
const named = ({ W1, b1, W2, b2 }: z.infer<typeof layers>): NamedArrays => ({
  'dense0/kernel': Float32Array.from(W1.flat()),
  'dense0/bias': Float32Array.from(b1),
  'output/kernel': Float32Array.from(W2.flat()),
  'output/bias': Float32Array.from(b2),
});

const SPECS: NetworkSpec[] = [
  mlp({ input: 7, hidden: [12, 9, 10], outputs: 4, init: 'torch-default' }),
  mlp({ input: 7, hidden: [12, 9], outputs: 4, init: 'torch-default', batchNorm: true }),
  cnn({ input: [6, 8, 3], conv: [5, 6], dense: 7, outputs: 4, init: 'torch-default', batchNorm: true }),
  cnn({ input: [8, 8, 1], conv: [4, 5, 6, 6], dense: 7, outputs: 4, init: 'torch-default' }),
];

function finish(work: Generator<number, Matching, void>): Matching {
  let step = work.next();
  while (step.done !== true) step = work.next();
  return step.value;
}

/** Values with statistics of their own, so that a permutation that forgets them is caught. */
function randomValues(network: Network, seed: number): NamedArrays {
  const { params, state } = network.init(stream(seed, 'init'));
  for (const [name, values] of Object.entries({ ...params, ...state }))
    if (!name.endsWith('kernel')) stream(seed, name).fillUniform(values, 0.5, 1.5);
  return { ...params, ...state };
}

function randomPermutations(network: Network, seed: number): Record<string, Int32Array> {
  return Object.fromEntries(
    [...permutationAxes(network)].map(([name, { size }]) => [name, stream(seed, `permute/${name}`).permutation(size)]),
  );
}

function logits(network: Network, values: NamedArrays): Float32Array {
  return tf.tidy(() => {
    const tensors = (specs: readonly ParameterSpec[]) =>
      Object.fromEntries(specs.map(({ name, shape }) => [name, tf.tensor(values[name], [...shape])]));
    const shape = [20, ...network.spec.input];
    const x = new Float32Array(shape.reduce((a, b) => a * b, 1));
    stream(1, 'x').fillNormal(x, 0, 1);
    return Float32Array.from(
      network
        .apply({ params: tensors(network.params), state: tensors(network.state) }, tf.tensor(x, shape), {
          mode: 'eval',
        })
        .logits.dataSync(),
    );
  });
}

beforeAll(async () => {
  createRequire(import.meta.url)('@tensorflow/tfjs');
  await tf.setBackend('cpu');
});

describe.each(SPECS)('$architecture', (spec) => {
  const network = buildNetwork(spec);

  it('computes the same function after its hidden units are reordered', () => {
    const values = randomValues(network, 1);
    const twin = permuteNetwork(network, values, randomPermutations(network, 2));
    expect(twin['dense0/kernel']).not.toEqual(values['dense0/kernel']);
    const [left, right] = [logits(network, values), logits(network, twin)];
    left.forEach((value, at) => expect(Math.abs(value - right[at])).toBeLessThan(1e-4));
  });

  it('matched with its own permuted twin gives the permutation back: the aligned twin is the net itself', () => {
    const values = randomValues(network, 3);
    const hidden = randomPermutations(network, 4);
    const twin = permuteNetwork(network, values, hidden);
    const { permutations, converged } = finish(matchWeights(network, values, twin, stream(5, 'order'), 100));
    expect(converged).toBe(true);
    // new unit j of the twin = old unit hidden[j]; undoing it: π[hidden[j]] = j.
    for (const [name, order] of Object.entries(hidden))
      expect([...order].map((unit) => permutations[name][unit])).toEqual(
        Array.from({ length: order.length }, (_, j) => j),
      );
    expect(permuteNetwork(network, twin, permutations)).toEqual(values);
  });

  it('never lowers its objective from sweep to sweep, and raises it between independent nets', () => {
    const { objective } = finish(
      matchWeights(network, randomValues(network, 6), randomValues(network, 7), stream(8, 'order'), 100),
    );
    for (let sweep = 1; sweep < objective.length; sweep += 1)
      expect(objective[sweep]).toBeGreaterThanOrEqual(objective[sweep - 1] - 1e-5);
    expect(objective[objective.length - 1]).toBeGreaterThan(objective[0]);
  });
});

describe('known answers', () => {
  it('permutes units as the fixture says, and finds that permutation', () => {
    const network = buildNetwork(mlp({ input: 6, hidden: [5], outputs: 4, init: 'torch-default' }));
    const perm = Int32Array.from([2, 0, 4, 1, 3]); // the fixture's `perm`: new unit j = old unit perm[j]
    const twin = named(known.permuted_twin);
    expect(permuteNetwork(network, named(known.theta), { dense0: perm })).toEqual(twin);
    // To turn theta into its twin, theta's units must be taken in the fixture's order.
    expect([
      ...finish(matchWeights(network, twin, named(known.theta), stream(1, 'order'), 10)).permutations['dense0'],
    ]).toEqual([...perm]);
  });

  it('averages', () => {
    const models = known.experts.map(({ W, b }) => ({ W: Float32Array.from(W.flat()), b: Float32Array.from(b) }));
    const average = averageParameters(models);
    known.average.W.flat().forEach((value, at) => expect(average['W'][at]).toBeCloseTo(value, 6));
    known.average.b.forEach((value, at) => expect(average['b'][at]).toBeCloseTo(value, 6));
  });
});
