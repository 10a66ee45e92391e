import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import type { NamedArrays } from '../../../../src-main/engine/types.ts';
import diwa from '../../../../src-main/methods/merging/diwa.ts';
import { greedySoup } from '../../../../src-main/methods/merging/greedy-soup.ts';
import { completed, evolved } from '../../../../src-main/methods/merging/lcsc.ts';
import { learnedSoup } from '../../../../src-main/methods/merging/learned-soup.ts';
import { adapterOf, assembled, unitsOf } from '../../../../src-main/methods/merging/lora-lego.ts';
import modelStock, { interpolationRatio } from '../../../../src-main/methods/merging/model-stock.ts';
import negmerge, { consensus } from '../../../../src-main/methods/merging/negmerge.ts';
import { adapted } from '../../../../src-main/methods/merging/shared/adapters.ts';
import type { Adapter } from '../../../../src-main/methods/merging/shared/adapters.ts';
import { averagingCoefficients, combination } from '../../../../src-main/methods/merging/shared/checkpoint-mixes.ts';
import { clustered, spreadOut } from '../../../../src-main/methods/merging/shared/clusters.ts';
import { mergeTensors } from '../../../../src-main/methods/merging/shared/tensor-merge.ts';
import { judged } from '../../../../src-main/methods/merging/shared/validation-judge.ts';
import {
  expectClose,
  flat,
  matrixSchema,
  netSchema,
  numbersSchema,
  tensorsOf,
} from '../../../fixtures/merging/merges.ts';

const known = z
  .record(z.string(), z.unknown())
  .parse(JSON.parse(readFileSync(new URL('../../../fixtures/merging/runs.json', import.meta.url), 'utf8')));
const draws = (name: string) => stream(5, name);

/** A tensor merge of one tensor `w`. */
function merged(
  merge: typeof modelStock,
  values: Record<string, unknown>,
  base: Float32Array | null,
  models: readonly Float32Array[],
  shape = [models[0].length],
): Float32Array {
  const nets = models.map((w) => ({ w }));
  const start = base === null ? null : { w: base };
  return mergeTensors(merge.tensorMerge, values, { base: start, models: nets, shapes: { w: shape }, stream: draws })[0][
    'w'
  ];
}

const entries = fc.array(fc.integer({ min: -64, max: 64 }), { minLength: 4, maxLength: 4 }).map((of) => flat(of));

describe('Model Stock', () => {
  const one = z
    .looseObject({
      base: matrixSchema,
      experts: z.array(matrixSchema),
      merged: matrixSchema,
      'per unit merged': matrixSchema,
    })
    .parse(known['model stock']);
  const experts = one.experts.map(flat);

  it('of two: one angle a tensor, and one an output unit, where a negative cosine goes beyond the start', () => {
    expectClose(merged(modelStock, {}, flat(one.base), experts, [4, 3]), one.merged.flat());
    const rows = merged(modelStock, { granularity: 'row', beyond: true }, flat(one.base), experts, [4, 3]);
    expectClose(rows, one['per unit merged'].flat());
  });

  it('cuts a negative ratio to the start', () => {
    const rows = merged(modelStock, { granularity: 'row' }, flat(one.base), experts, [4, 3]);
    one.base.forEach((row, at) => expectClose(rows.subarray(3 * at, 3 * at + 2), row.slice(0, 2)));
  });

  it('of several: the mean cosine over the whole net', () => {
    const net = z
      .object({ base: netSchema, experts: z.array(netSchema), merged: netSchema, cos: z.number(), t: z.number() })
      .parse(known['model stock, whole net']);
    const [found] = mergeTensors(
      modelStock.tensorMerge,
      { granularity: 'net' },
      { base: tensorsOf(net.base), models: net.experts.map(tensorsOf), shapes: {}, stream: draws },
    );
    for (const [name, values] of Object.entries(tensorsOf(net.merged))) expectClose(found[name], values);
    expect(interpolationRatio(net.cos, net.experts.length, false)).toBeCloseTo(net.t, 12);
  });

  it('equal models are the model; orthogonal changes are the start', () => {
    fc.assert(
      fc.property(entries, entries, (base, model) => {
        expectClose(merged(modelStock, {}, base, [model, model, model]), model);
        const apart = [0, 1].map((side) => base.map((value, at) => value + (at % 2 === side ? 1 : 0)));
        expectClose(merged(modelStock, {}, base, apart), base);
      }),
      { numRuns: 50 },
    );
  });
});

describe('soups', () => {
  const toy = z
    .looseObject({ weights: matrixSchema, target: numbersSchema, scores: numbersSchema })
    .parse(known['soups']);
  const models: NamedArrays[] = toy.weights.map((w) => ({ w: Float32Array.from(w) }));
  const score = (soup: NamedArrays): number =>
    1 - soup['w'].reduce((sum, value, at) => sum + Math.abs(value - toy.target[at]), 0) / toy.target.length;

  it.each([
    ['better', 'greedy strict > (official code)'],
    ['as good', 'greedy >= (paper text, DiWA code)'],
  ] as const)('greedy, %s', async (accept, name) => {
    const answer = z
      .object({
        order_tested_score_accepted: z.array(z.tuple([z.number(), z.number(), z.boolean()])),
        ingredients: numbersSchema,
        soup: numbersSchema,
      })
      .parse(z.looseObject({ [name]: z.unknown() }).parse(known['soups'])[name]);
    const tasting = greedySoup(models, models.map(score), async (soup) => score(soup), accept);
    const tried: unknown[] = [];
    let step = await tasting.next();
    for (; step.done !== true; step = await tasting.next())
      tried.push([step.value.model, Number(step.value.score.toFixed(6)), step.value.accepted]);
    expect(tried).toEqual(answer.order_tested_score_accepted);
    expect(step.value.chosen).toEqual(answer.ingredients);
    expectClose(step.value.soup['w'], answer.soup);
  });

  it('uniform: DiWA is the mean, of the first M alone where told', () => {
    const uniform = numbersSchema.parse(z.looseObject({ uniform: z.unknown() }).parse(known['soups']).uniform);
    const all = models.map(({ w }) => w);
    expectClose(merged(diwa, {}, null, all), uniform);
    expectClose(merged(diwa, { runs: 1 }, null, all), toy.weights[0]);
  });

  it('learned: shares by a softmax for each tensor', () => {
    const answer = z
      .looseObject({
        alpha_raw: matrixSchema,
        'models W': z.array(matrixSchema),
        'models b': matrixSchema,
        W: matrixSchema,
        b: numbersSchema,
      })
      .parse(known['learned soup']);
    const nets = answer['models W'].map((w, at) => ({ w: flat(w), b: flat(answer['models b'][at]) }));
    const soup = learnedSoup(nets, ['w', 'b'], answer.alpha_raw.flat());
    expectClose(soup['w'], answer.W.flat());
    expectClose(soup['b'], answer.b);
    const even = learnedSoup(nets, ['w'], [0, 0, 0]);
    expectClose(
      even['w'],
      merged(
        diwa,
        {},
        null,
        nets.map(({ w }) => w),
      ),
    );
  });
});

describe('NegMerge', () => {
  const answer = z
    .object({
      base: numbersSchema,
      vectors: matrixSchema,
      vector: numbersSchema,
      lambda: z.number(),
      merged: numbersSchema,
    })
    .parse(known['negmerge']);

  it('keeps the mean where all signs agree and takes it away', () => {
    expectClose(consensus(answer.vectors.map((of) => Float32Array.from(of))), answer.vector);
    const models = answer.vectors.map((of) => Float32Array.from(of, (value, at) => value + answer.base[at]));
    expectClose(merged(negmerge, { lambda: answer.lambda }, flat(answer.base), models), answer.merged);
  });

  it('of one run is its negation; a run that turned round leaves nothing', () => {
    fc.assert(
      fc.property(entries, (vector) => {
        expect([...consensus([vector, vector])]).toEqual([...vector]);
        expect(consensus([vector, vector.map((value) => -value)]).every((value) => value === 0)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe('LoRA-LEGO', () => {
  const answer = z
    .looseObject({
      'A (3 LoRAs, r=2, in 5)': z.array(matrixSchema),
      'B (out 4)': z.array(matrixSchema),
      units: matrixSchema,
      labels: numbersSchema,
      centroids: matrixSchema,
      'merged delta B A from the centroids': matrixSchema,
      'norm ratio mean|unit| / |centroid| per cluster (dagger: first reweighting)': numbersSchema,
      'concatenation = sum of deltas': matrixSchema,
    })
    .parse(known['lora-lego']);
  const transposed = (matrix: readonly (readonly number[])[]): number[][] =>
    matrix[0].map((_, column) => matrix.map((row) => row[column]));
  // Known A is [rank, in] and B [out, rank]; adapters here are [in, rank] and [rank, out].
  const adapters = answer['A (3 LoRAs, r=2, in 5)'].map((a, at): Adapter => ({
    rank: 2,
    down: flat(transposed(a)),
    up: flat(transposed(answer['B (out 4)'][at])),
  }));
  const change = (adapter: Adapter): Float32Array => adapted(new Float32Array(20), adapter, 1);

  it('takes adapters apart, clusters the units and puts the centroids together', () => {
    const units = unitsOf(adapters);
    units.forEach((unit, at) => expectClose(unit, answer.units[at]));
    const { labels, centroids } = clustered(units, [units[0], units[3]]);
    expect([...labels]).toEqual(answer.labels);
    centroids.forEach((centroid, at) => expectClose(centroid, answer.centroids[at]));
    const delta = transposed(answer['merged delta B A from the centroids']).flat();
    expectClose(change(assembled(adapters, [0, 3], false)), delta);
  });

  it('reweights by the mean length of the units in a cluster', () => {
    const ratios = answer['norm ratio mean|unit| / |centroid| per cluster (dagger: first reweighting)'];
    const units = unitsOf([assembled(adapters, [0, 3], true)]);
    units.forEach((unit, at) =>
      expectClose(
        unit,
        answer.centroids[at].map((entry) => entry * ratios[at]),
      ),
    );
  });

  it('with a cluster for each unit is the sum of the changes; taking apart and putting together is nothing', () => {
    const sum = transposed(answer['concatenation = sum of deltas']).flat();
    expectClose(change(assembled(adapters, [0, 1, 2, 3, 4, 5], true)), sum);
    expect(adapterOf(unitsOf([adapters[1]]), 5)).toEqual(adapters[1]);
  });

  it('k-means: no round makes it worse than its start, and starts are apart', () => {
    fc.assert(
      fc.property(fc.array(entries, { minLength: 3, maxLength: 8 }), fc.nat(1000), (points, seed) => {
        const all = points.map((point) => Float64Array.from(point));
        const initial = spreadOut(all, 2, stream(seed, 'clusters'));
        expect(new Set(initial).size).toBe(2);
        const start = initial.map((at) => all[at]);
        const nearest = (point: Float64Array): number =>
          Math.min(...start.map((centre) => centre.reduce((sum, value, at) => sum + (value - point[at]) ** 2, 0)));
        const before = all.reduce((sum, point) => sum + nearest(point), 0);
        expect(clustered(all, start).objective).toBeLessThanOrEqual(before + 1e-6);
      }),
      { numRuns: 50 },
    );
  });
});

describe('LCSC', () => {
  const answer = z
    .object({
      checkpoints: matrixSchema,
      decay: z.number(),
      average: numbersSchema,
      free: numbersSchema,
      combined: numbersSchema,
    })
    .parse(known['lcsc']);
  const checkpoints = answer.checkpoints.map((w) => ({ w: Float32Array.from(w) }));

  it('combines with coefficients that add up to 1, of which moving averages are some', () => {
    expectClose(combination(checkpoints, completed(answer.free))['w'], answer.combined);
    const decayed = averagingCoefficients(checkpoints.length, answer.decay);
    expectClose(combination(checkpoints, decayed)['w'], answer.average);
    expect(decayed.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    expect([...averagingCoefficients(3, 0)]).toEqual([0, 0, 1]);
  });

  it('never ends above the best moving average, and finds what no average is', async () => {
    const target = Float64Array.from(completed([-0.4, 0.2, 0.9]));
    const loss = async (alpha: Float64Array): Promise<number> =>
      alpha.reduce((sum, value, at) => sum + (value - target[at]) ** 2, 0);
    const search = evolved(4, loss, { population: 16, generations: 40, mutation: 0.5 }, draws);
    const losses: number[] = [];
    for (let step = await search.next(); ; step = await search.next()) {
      losses.push(step.value.loss);
      if (step.done === true) break;
    }
    for (const [at, value] of losses.entries()) if (at > 0) expect(value).toBeLessThanOrEqual(losses[at - 1]);
    expect(losses.at(-1)).toBeLessThan(0.05 * losses[0]);
  });
});

it('a net is judged by its logits: accuracy and mean cross-entropy', () => {
  const { accuracy, loss } = judged(Float32Array.of(0, 0, Math.log(3), 0), Int32Array.of(0, 1), 2);
  expect(accuracy).toBe(0.5);
  expect(loss).toBeCloseTo((Math.log(2) + Math.log(4)) / 2, 6);
});
