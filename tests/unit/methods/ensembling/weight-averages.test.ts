import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { tf, type Tensor } from '../../../../src-main/engine/tf.ts';
import { drawn } from '../../../../src-main/methods/ensembling/swag.ts';
import { votes } from '../../../../src-main/methods/ensembling/voting.ts';
import { movedAverage, warmedUp } from '../../../../src-main/methods/ensembling/weight-ema.ts';
import { triangularRate } from '../../../../src-main/methods/training/shared/cyclic.ts';
import { averagingRate, takeIn } from '../../../../src-main/methods/training/shared/weight-moments.ts';
import { bezierMiddle, bezierWeights } from '../../../../src-main/methods/training/train-bezier.ts';
import { bootstrap } from '../../../../src-main/methods/training/train-bootstrap.ts';

interface Known {
  readonly swag: {
    readonly checkpoints: number[][];
    readonly means: number[][];
    readonly square: number[];
    readonly deviations: number[][];
    readonly z1: number[];
    readonly z2: number[];
    readonly half: number[];
    readonly whole: number[];
    readonly diagonal: number[];
    readonly ema: number[];
  };
  readonly schedules: { readonly swa: number[]; readonly sgd: number[]; readonly fge: number[] };
}
const known: Known = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../fixtures/methods/ensembling/several-nets.json'), 'utf8'),
);
const near = (found: ArrayLike<number>, expected: readonly number[], digits = 6): void => {
  expect(found.length).toBe(expected.length);
  expected.forEach((value, at) => expect(found[at]).toBeCloseTo(value, digits));
};

beforeAll(async () => {
  createRequire(import.meta.url)('@tensorflow/tfjs');
  await tf.setBackend('cpu');
});

describe('moments of a training', () => {
  const { checkpoints, means, square, deviations, z1, z2, half, whole, diagonal, ema } = known.swag;

  it('are the known running means, squares and last deviations', () => {
    const moments = {
      mean: new Float32Array(6),
      square: new Float32Array(6),
      deviations: Array.from({ length: 3 }, () => new Float32Array(6)),
    };
    checkpoints.forEach((values, taken) => {
      takeIn(moments, values, taken);
      near(moments.mean, means[taken]);
    });
    near(moments.square, square);
    // Five were taken in: the places in turn hold the fourth, the fifth and the third.
    [1, 2, 0].forEach((of, place) => near(moments.deviations[place], deviations[of]));
  });

  it('give the known networks of the Gaussian', () => {
    const moments = {
      mean: { w: Float32Array.from(means[4]), fixed: Float32Array.of(7) },
      square: { w: Float32Array.from(square) },
      deviations: deviations.map((values) => ({ w: Float32Array.from(values) })),
    };
    const at = (_tensor: string, place: number): number => z1[place];
    near(drawn(moments, 0.5, at, z2)['w'], half);
    near(drawn(moments, 1, at, z2)['w'], whole);
    near(drawn({ ...moments, deviations: [] }, 0.5, at, []).w, diagonal);
    near(drawn(moments, 0, at, z2)['w'], means[4]);
    expect([...drawn(moments, 1, at, z2)['fixed']]).toEqual([7]);
  });

  it('move as the known exponential average', () => {
    const [first, ...others] = checkpoints.map((values): Tensor => tf.tensor1d(values));
    const moved = others.reduce((average, values) => movedAverage(average, values, 0.9), first);
    near(moved.dataSync(), ema);
    expect([warmedUp(0.999, 1), warmedUp(0.999, 1e6)]).toEqual([2 / 11, 0.999]);
  });
});

describe('rates', () => {
  it('of SWA, of the usual schedule, and of cycles are the known ones', () => {
    known.schedules.swa.forEach((rate, epoch) => expect(averagingRate(epoch, 10, 0.05, 0.01)).toBeCloseTo(rate, 12));
    known.schedules.sgd.forEach((rate, epoch) => expect(averagingRate(epoch, 10, 0.05, 5e-4)).toBeCloseTo(rate, 12));
    known.schedules.fge.forEach((rate, half) => expect(triangularRate(half / 2, 4, 0.05, 0.01)).toBeCloseTo(rate, 12));
  });
});

describe('a Bézier curve between networks', () => {
  it('begins and ends in them, and is half its bend in the middle', () => {
    expect([bezierWeights(0), bezierWeights(1)]).toEqual([
      [1, 0, 0],
      [0, 0, 1],
    ]);
    const [first, bend, last] = [
      [4, 0],
      [1, 3],
      [0, 8],
    ].map((values) => ({ w: Float32Array.from(values) }));
    near(bezierMiddle(first, bend, last)['w'], [1.5, 3.5]);
  });
});

describe('members', () => {
  it('vote for one class each; a tie is the lowest class', () => {
    const member = (...values: number[]) => ({ kind: 'logits', width: 3, values: Float32Array.from(values) }) as const;
    const { values } = votes([member(1, 9, 0, 2, 2, 0), member(0, 1, 0, 0, 0, 5), member(8, 1, 0, 0, 1, 0)]);
    near(values.map(Math.exp), [1 / 3, 2 / 3, 0, 1 / 3, 1 / 3, 1 / 3]);
  });

  it('are trained on as many rows as there are, a share of 1 − 1/e of them different ones', () => {
    const rows = bootstrap(20_000, stream(1, 'bootstrap'));
    expect(rows).toHaveLength(20_000);
    expect(new Set(rows).size / 20_000).toBeCloseTo(1 - 1 / Math.E, 2);
  });
});
