import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import type { NamedArrays } from '../../../../src-main/engine/types.ts';
import { averageParameters } from '../../../../src-main/methods/merging/shared/average.ts';
import { kthMagnitude } from '../../../../src-main/methods/merging/shared/magnitudes.ts';
import { regMean } from '../../../../src-main/methods/merging/regmean.ts';
import { mergeTensors } from '../../../../src-main/methods/merging/shared/tensor-merge.ts';
import { CutFinder, Trimmer } from '../../../../src-main/methods/merging/shared/trimming.ts';
import type { Trimming } from '../../../../src-main/methods/merging/shared/trimming.ts';
import taskArithmeticMethod from '../../../../src-main/methods/merging/task-arithmetic.ts';
import { disjointMerge, elect } from '../../../../src-main/methods/merging/shared/election.ts';
import tiesMethod from '../../../../src-main/methods/merging/ties.ts';
import {
  expectClose,
  flat,
  knownMerge,
  matrixSchema,
  netSchema,
  numbersSchema,
  rectified,
  layersOf,
  tensorsOf,
} from '../../../fixtures/merging/merges.ts';

const small = (name: string): NamedArrays => tensorsOf(knownMerge(netSchema, 'small', name));
const base = small('base');
const experts = knownMerge(z.array(netSchema), 'small', 'experts').map(tensorsOf);

function expectNet(actual: NamedArrays, expected: NamedArrays): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected)) expectClose(actual[name], values);
}

const stream1 = (name: string) => stream(1, name);

const taskArithmetic = (
  start: NamedArrays,
  models: readonly NamedArrays[],
  lambda: number,
  weights?: readonly number[],
): NamedArrays =>
  mergeTensors(
    taskArithmeticMethod.tensorMerge,
    { lambda },
    { base: start, models, shapes: {}, stream: stream1, weights },
  )[0];

const ties = (start: NamedArrays, models: readonly NamedArrays[], values: Record<string, unknown>): NamedArrays =>
  mergeTensors(tiesMethod.tensorMerge, values, { base: start, models, shapes: {}, stream: stream1 })[0];

const trim = (vector: Float32Array, trimming: Trimming): Float32Array =>
  new Trimmer(CutFinder.of([vector], trimming)).trim(vector);

const gram = (x: readonly (readonly number[])[], divisor: number): Float32Array =>
  flat(x[0].map((_, i) => x[0].map((_other, j) => x.reduce((sum, row) => sum + (row[i] * row[j]) / divisor, 0))));

describe('task arithmetic', () => {
  it('adds and negates task vectors as known', () => {
    expectNet(taskArithmetic(base, experts, 0.4), small('addition, lambda .4'));
    expectNet(taskArithmetic(base, [experts[0]], -0.5), small('negation of expert 0, lambda .5'));
    expectNet(taskArithmetic(base, experts, -0.5, [1, 0, 0]), small('negation of expert 0, lambda .5'));
  });

  it('is the average at λ = 1/T, the start at 0 and the expert at 1', () => {
    expectNet(taskArithmetic(base, experts, 1 / experts.length), averageParameters(experts));
    expectNet(taskArithmetic(base, experts, 1 / experts.length), small('average'));
    expectNet(taskArithmetic(base, experts, 0), base);
    expectNet(taskArithmetic(base, [experts[1]], 1), experts[1]);
  });

  it('refuses models with other tensors, by name', () => {
    expect(() => taskArithmetic(base, [{ W: base['W'] }], 1)).toThrow(/b has 3 entries in model 0 and none in model 1/);
    expect(() => taskArithmetic(base, [{ ...base, W: new Float32Array(5) }], 1)).toThrow(/W has 12 entries/);
  });
});

describe('TIES', () => {
  const vectors = knownMerge(matrixSchema, 'ties', 'task_vectors').map(flat);
  const expected = (density: number, start: string): unknown => {
    const all = knownMerge(z.record(z.string(), z.unknown()), 'ties', `K=${density}`);
    return all[Object.keys(all).find((key) => key.startsWith(start)) ?? ''];
  };

  it.each([0.2, 0.5])('trims, elects and merges as the authors do (density %d)', (density) => {
    const trimmed = vectors.map((tau) => trim(tau, { density, keep: 'official' }));
    expectClose(
      flat(trimmed.flatMap((tau) => [...tau])),
      flat(matrixSchema.parse(expected(density, 'official trimmed'))),
    );
    const weights = trimmed.map(() => 1);
    const majority = Math.sign(elect(trimmed, weights, 0).reduce((a, b) => a + b, 0));
    const signs = elect(trimmed, weights, majority);
    expectClose(signs, numbersSchema.parse(expected(density, 'official signs')));
    expectClose(
      disjointMerge(trimmed, weights, signs, 'mean'),
      numbersSchema.parse(expected(density, 'official dis-mean')),
    );
    expectClose(
      disjointMerge(trimmed, weights, signs, 'sum'),
      numbersSchema.parse(expected(density, 'official dis-sum')),
    );
  });

  it.each([0.2, 0.5])('keeps an exact number of entries where asked for (density %d)', (density) => {
    const trimmed = vectors.map((tau) => trim(tau, { density, keep: 'exact' }));
    expectClose(flat(trimmed.flatMap((tau) => [...tau])), flat(matrixSchema.parse(expected(density, 'top-k trimmed'))));
    const weights = trimmed.map(() => 1);
    const signs = elect(trimmed, weights, 1);
    expectClose(signs, numbersSchema.parse(expected(density, 'top-k signs')));
    expectClose(
      disjointMerge(trimmed, weights, signs, 'mean'),
      numbersSchema.parse(expected(density, 'top-k disjoint mean')),
    );
  });

  it('merges a net of two tensors over the whole vector', () => {
    const options = { scope: 'global', keep: 'exact', combine: 'mean' } as const;
    expectNet(ties(base, experts, { ...options, density: 0.5, lambda: 1 }), small('ties density .5, lambda 1'));
    expectNet(ties(base, experts, { ...options, density: 0.2, lambda: 0.7 }), small('ties density .2, lambda .7'));
  });

  it('answers the model itself when it keeps everything of one model', () => {
    for (const keep of ['official', 'exact', 'at-least-1'] as const)
      expectNet(ties(base, [experts[0]], { density: 1, lambda: 1, keep }), experts[0]);
  });

  it('counts entries tensor by tensor where asked to, never none with at-least-1', () => {
    const vector: NamedArrays = { a: Float32Array.of(9, -8, 7, 6), b: Float32Array.of(0.1, -0.2, 0.3) };
    const zero: NamedArrays = { a: new Float32Array(4), b: new Float32Array(3) };
    const kept = (keep: 'exact' | 'at-least-1', scope: 'global' | 'tensor'): number[][] =>
      Object.values(ties(zero, [vector], { density: 0.29, scope, keep })).map((values) =>
        [...values].map((v) => Number(v !== 0)),
      );
    expect(kept('exact', 'global')).toEqual([
      [1, 1, 0, 0],
      [0, 0, 0],
    ]);
    expect(kept('exact', 'tensor')).toEqual([
      [1, 0, 0, 0],
      [0, 0, 0],
    ]);
    expect(kept('at-least-1', 'tensor')).toEqual([
      [1, 0, 0, 0],
      [0, 0, 1],
    ]);
  });
});

describe('kthMagnitude', () => {
  const answers = z.record(z.string(), z.record(z.string(), z.number()));

  it('finds the thresholds of 200,000 numbers, bit for bit, wherever they are cut', () => {
    const values = new Float32Array(200_000);
    let state = 12345;
    values.forEach((_, at) => {
      state = Number((1664525n * BigInt(state) + 1013904223n) % 4294967296n);
      values[at] = (state >>> 12) / 2 ** 20 - 0.5;
    });
    for (const answer of Object.values(knownMerge(answers, 'streamed', 'answers'))) {
      const threshold = kthMagnitude(
        [values.subarray(0, 7), values.subarray(7, 150_001), values.subarray(150_001)],
        answer['k-th smallest, k'],
      );
      expect(new Uint32Array(Float32Array.of(threshold).buffer)[0]).toBe(answer['threshold as uint32 bits']);
    }
  });

  it('takes −0 for 0 and refuses NaN and ranks that do not exist', () => {
    expect(kthMagnitude([Float32Array.of(-0, 1, -3)], 1)).toBe(0);
    expect(kthMagnitude([Float32Array.of(-0, 1, -3)], 3)).toBe(3);
    expect(() => kthMagnitude([Float32Array.of(1, Number.NaN)], 1)).toThrow(/NaN/);
    expect(() => kthMagnitude([Float32Array.of(1)], 2)).toThrow(/number 2 among 1/);
  });
});

describe('RegMean', () => {
  const nets = knownMerge(z.array(netSchema), 'regmean', 'nets');
  const data = knownMerge(z.array(matrixSchema), 'regmean', 'x');
  const layer = (net: (typeof nets)[number], name: string): ReturnType<typeof layersOf>[number] =>
    layersOf([matrixSchema.parse(net[`W${name}`])], [numbersSchema.parse(net[`b${name}`])])[0];
  const grams = nets.map((net, model): NamedArrays => {
    const hidden = rectified(data[model], layer(net, '1'));
    return { W1: gram(data[model], data[model].length), W2: gram(hidden, hidden.length) };
  });
  const models = nets.map(tensorsOf);

  it.each([
    ['alpha=1', 1],
    ['alpha=.9', 0.9],
    ['alpha=.1', 0.1],
    ['alpha=0 (diagonal only)', 0],
  ])('solves for both layers of a small net as known (%s)', (name, offDiagonal) => {
    expectNet(regMean(models, grams, { offDiagonal, ridge: 0 }), tensorsOf(knownMerge(netSchema, 'regmean', name)));
  });

  it.each([
    ['regmean alpha 1, sums', 1, false],
    ['regmean alpha .9, sums', 0.9, false],
    ['regmean alpha .9, means', 0.9, true],
  ])('merges one map of several experts as known (%s)', (name, offDiagonal, means) => {
    const inputs = knownMerge(z.array(matrixSchema), 'small', 'regmean inputs');
    const of = inputs.map((x): NamedArrays => ({ W: gram(x, means ? x.length : 1) }));
    const { W } = regMean(experts, of, { offDiagonal, ridge: 0 });
    expectClose(W, flat(knownMerge(matrixSchema, 'small', name)));
  });

  it('is the average for equal Gram matrices, and the net itself for equal nets', () => {
    expectNet(regMean(models, [grams[0], grams[0]], { offDiagonal: 0.9, ridge: 1e-6 }), averageParameters(models));
    expectNet(regMean([models[1], models[1]], grams, { offDiagonal: 1, ridge: 1e-6 }), models[1]);
  });

  it('averages what belongs to inputs that are always 0, and says so where there is no ridge', () => {
    const dead: NamedArrays[] = [{ W: Float32Array.of(1, 0, 0, 0) }, { W: Float32Array.of(3, 0, 0, 0) }];
    const kernels: NamedArrays[] = [{ W: Float32Array.of(1, 2, 3, 4) }, { W: Float32Array.of(5, 6, 7, 8) }];
    expectClose(regMean(kernels, dead, { offDiagonal: 1, ridge: 1e-9 })['W'], [4, 5, 5, 6]);
    expect(() => regMean(kernels, dead, { offDiagonal: 1, ridge: 0 })).toThrow(/Use a ridge > 0/);
  });

  it('minimises the mean squared distance of the answers for α = 1', () => {
    const distance = (W: Float32Array): number =>
      data.reduce((sum, x, model) => {
        const squares = x.flatMap((row) =>
          Array.from(
            { length: 5 },
            (_, o) => row.reduce((d, value, i) => d + value * (W[i * 5 + o] - models[model]['W1'][i * 5 + o]), 0) ** 2,
          ),
        );
        return sum + squares.reduce((a, b) => a + b, 0) / x.length;
      }, 0);
    const { W1 } = regMean(models, grams, { offDiagonal: 1, ridge: 0 });
    const least = distance(W1);
    const source = stream(4, 'nudges');
    for (let trial = 0; trial < 20; trial += 1)
      expect(distance(W1.map((value) => value + 0.02 * (source.uniform() - 0.5)))).toBeGreaterThan(least);
  });
});
