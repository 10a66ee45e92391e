import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import dogeMerging, {
  dogeDelta,
  dogeLoss,
  sharedDirections,
} from '../../../../src-main/methods/merging/doge-merging.ts';
import isoC, { isotropic } from '../../../../src-main/methods/merging/iso-c.ts';
import isoCts, { isotropicSubspaces, sharesOf } from '../../../../src-main/methods/merging/iso-cts.ts';
import {
  kernelMatrix,
  product,
  rowProducts,
  squaredNorm,
  transposed,
} from '../../../../src-main/methods/merging/shared/matrices.ts';
import type { Matrix } from '../../../../src-main/methods/merging/shared/matrices.ts';
import { singularTriples } from '../../../../src-main/methods/merging/shared/singular.ts';
import { mergeTensors } from '../../../../src-main/methods/merging/shared/tensor-merge.ts';
import tsvMerge, { tsvMerged } from '../../../../src-main/methods/merging/tsv-merge.ts';
import wudiMerging, { wudiClosed, wudiSteps } from '../../../../src-main/methods/merging/wudi-merging.ts';
import type { TensorMerge } from '../../../../src-main/methods/tensor-merge.ts';
import { knownIn, expectClose, flat, matrixSchema, numbersSchema } from '../../../fixtures/merging/merges.ts';

const known = knownIn('layer-wise.json');
const matrix = (rows: readonly (readonly number[])[]): Matrix => ({
  rows: rows.length,
  cols: rows[0].length,
  data: Float64Array.from(rows.flat()),
});
const knownMatrix = (...keys: readonly string[]): Matrix => matrix(known(matrixSchema, ...keys));
const taus = known(z.array(matrixSchema), 'spectral', 'tau (two tasks, [9, 12])').map(matrix);
const turned = taus.map(transposed);

/** Full-rank matrices, drawn as the network's own would be. */
const drawn = (name: string, rows: number, cols: number): Matrix => {
  const random = stream(7, name);
  return { rows, cols, data: Float64Array.from({ length: rows * cols }, () => random.normal()) };
};

/** What Cheng et al. 2025 minimise (section 3): Σ_t |(m − τ_t) τ_tᵀ|² / |τ_t|². */
const wudiLoss = (m: Matrix, vectors: readonly Matrix[]): number =>
  vectors.reduce((sum, tau) => {
    const off = { ...m, data: m.data.map((value, at) => value - tau.data[at]) };
    return sum + squaredNorm(product(off, transposed(tau))) / squaredNorm(tau);
  }, 0);

/** Merges one kernel [in, out] over a start of zeros, as methods are run. */
function mergedKernel({ tensorMerge }: { readonly tensorMerge: TensorMerge }, models: readonly Matrix[], values = {}) {
  const [{ rows, cols }] = models;
  const [net] = mergeTensors(tensorMerge, values, {
    base: { 'dense0/kernel': new Float32Array(rows * cols) },
    models: models.map((model) => ({ 'dense0/kernel': Float32Array.from(transposed(model).data) })),
    shapes: { 'dense0/kernel': [cols, rows] },
    stream: (name) => stream(1, name),
  });
  return transposed({ rows: cols, cols: rows, data: Float64Array.from(net['dense0/kernel']) }).data;
}

describe('singular triples', () => {
  it.each([
    [1, 1],
    [2, 7],
    [9, 4],
    [40, 40],
  ])('of %d × %d make up the matrix from orthonormal vectors', (rows, cols) => {
    const whole = drawn(`whole/${rows}`, rows, cols);
    const { values, left, right } = singularTriples(whole);
    const scaled: Matrix = { ...right, data: right.data.map((value, at) => value * values[Math.floor(at / cols)]) };
    expectClose(product(transposed(left), scaled).data, whole.data, 1e-12);
    for (const vectors of [left, right])
      expectClose(
        rowProducts(vectors).data,
        Float64Array.from({ length: values.length ** 2 }, (_, at) => Number(at % (values.length + 1) === 0)),
        1e-12,
      );
    expect([...values]).toEqual([...values].toSorted((a, b) => b - a));
  });

  it('are as many as the rank, none of a matrix of zeros', () => {
    const [a, b] = [drawn('a', 8, 3), drawn('b', 3, 10)];
    expect(singularTriples(product(a, b)).values).toHaveLength(3);
    expect(singularTriples(product(a, b), 2).values).toHaveLength(2);
    expect(singularTriples(matrix([[0, 0]])).values).toHaveLength(0);
  });
});

describe('TSV-Merge', () => {
  it('merges two tasks and three as known', () => {
    expectClose(mergedKernel(tsvMerge, taus), knownMatrix('spectral', 'tsv_m (k = int(9/2) = 4 of each)').data);
    const base = known(matrixSchema, 'tensors', 'base');
    const three = known(z.array(matrixSchema), 'tensors', 'experts').map((expert) =>
      matrix(expert.map((row, r) => row.map((value, c) => value - base[r][c]))),
    );
    const answer = knownMatrix('spectral', "three tasks [4, 6] of 'tensors': tsv_m (k = int(4/3) = 1)");
    expectClose(mergedKernel(tsvMerge, three), answer.data);
  });

  it('is the task vector itself for one task, and turns with its kernels', () => {
    expectClose(tsvMerged([taus[0]]).data, taus[0].data, 1e-9);
    expectClose(tsvMerged(turned).data, transposed(tsvMerged(taus)).data, 1e-9);
  });

  it('adds what is kept of tasks that are orthogonal already; squares of singular values add up', () => {
    const [left, right] = [singularTriples(drawn('left', 6, 6)).left, singularTriples(drawn('right', 8, 8)).right];
    const task = (from: number): Matrix => {
      const pick = (of: Matrix): Matrix => ({
        rows: 3,
        cols: of.cols,
        data: of.data.slice(from * of.cols, (from + 3) * of.cols),
      });
      const scaled = pick(right);
      scaled.data.forEach((value, at) => (scaled.data[at] = value * (5 - Math.floor(at / 8) - from / 10)));
      return product(transposed(pick(left)), scaled);
    };
    const [one, two] = [task(0), task(3)];
    const merged = tsvMerged([one, two]);
    expectClose(
      merged.data,
      one.data.map((value, at) => value + two.data[at]),
      1e-9,
    );
    expect(squaredNorm(merged)).toBeCloseTo(squaredNorm(one) + squaredNorm(two), 9);
  });

  it('keeps one direction a task where there are more tasks than rows, and nothing of nothing', () => {
    const many = Array.from({ length: 5 }, (_, task) => drawn(`many/${task}`, 2, 4));
    expect(squaredNorm(tsvMerged(many))).toBeGreaterThan(0);
    expect(squaredNorm(tsvMerged([matrix([[0, 0]]), matrix([[0, 0]])]))).toBe(0);
  });
});

describe('ISO-C and ISO-CTS', () => {
  it('merge as known', () => {
    expectClose(mergedKernel(isoC, taus), knownMatrix('spectral', 'iso_c').data);
    expectClose(mergedKernel(isoCts, taus), knownMatrix('spectral', 'iso_cts common fraction .8').data);
    expect(sharesOf(9, 2, 0.8)).toEqual({ common: 7, each: 1 });
  });

  it('give all directions the mean of the singular values, and grow with the task vectors', () => {
    const equal = known(
      numbersSchema,
      'spectral',
      'iso_c singular values (all equal; = mean of the singular values of the sum)',
    );
    expectClose(singularTriples(isotropic(taus)).values, equal);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.double({ min: 0.1, max: 9, noNaN: true }),
        (rows, cols, scale) => {
          const vectors = [drawn(`iso/${rows}/${cols}`, rows, cols), drawn(`iso2/${rows}/${cols}`, rows, cols)];
          const { values } = singularTriples(isotropic(vectors));
          expectClose(
            values,
            values.map(() => values[0]),
            1e-9,
          );
          const larger = vectors.map((vector) => ({ ...vector, data: vector.data.map((value) => scale * value) }));
          expectClose(
            isotropic(larger).data,
            isotropic(vectors).data.map((value) => scale * value),
            1e-9,
          );
        },
      ),
      { numRuns: 20 },
    );
  });

  it('ISO-C turns with its kernels, ISO-CTS does not; without own directions it is ISO-C', () => {
    expectClose(isotropic(turned).data, transposed(isotropic(taus)).data, 1e-9);
    const difference = isotropicSubspaces(turned, 0.8).data.map(
      (value, at) => value - transposed(isotropicSubspaces(taus, 0.8)).data[at],
    );
    expect(Math.max(...difference.map(Math.abs))).toBeGreaterThan(0.1);
    expectClose(isotropicSubspaces(taus, 1).data, isotropic(taus).data, 1e-9);
  });
});

describe('all of them', () => {
  it.each([
    ['tsv-merge', tsvMerge],
    ['iso-c', isoC],
    ['iso-cts', isoCts],
    ['wudi-merging', wudiMerging],
  ])('%s averages task vectors of what is no matrix', (_name, method) => {
    const base = flat(known(numbersSchema, 'tensors', 'base_bias'));
    const biases = known(matrixSchema, 'tensors', 'expert_biases').map((bias) => flat(bias));
    const [{ b }] = mergeTensors(
      method.tensorMerge,
      {},
      {
        base: { b: base },
        models: biases.map((bias) => ({ b: bias })),
        shapes: {},
        stream: (name) => stream(1, name),
      },
    );
    const mean = known(
      numbersSchema,
      'spectral',
      'one task: tsv_m = tau exactly; vectors (bias, norm) are plainly averaged',
    );
    expectClose(
      b,
      mean.map((value, at) => value + base[at]),
    );
  });

  it('take a convolution as [outputs × inputs], wherever its outputs are counted', () => {
    const values = Float32Array.from({ length: 24 }, (_, at) => at);
    const last = kernelMatrix({ shape: [2, 2, 2, 3], outputAxis: 'last' }, values);
    const first = kernelMatrix({ shape: [3, 2, 2, 2], outputAxis: 'first' }, values);
    expect([last?.rows, last?.cols, first?.rows, first?.cols]).toEqual([3, 8, 3, 8]);
    expect([...(last?.data.subarray(0, 3) ?? [])]).toEqual([0, 3, 6]);
    expect([...(first?.data.subarray(0, 3) ?? [])]).toEqual([0, 1, 2]);
  });
});

describe('WUDI-Merging', () => {
  it('finds the known optimum, where the gradient is 0', () => {
    const closed = wudiClosed(taus);
    expectClose(mergedKernel(wudiMerging, taus), knownMatrix('wudi', 'optimum').data);
    expect(wudiLoss(closed, taus)).toBeCloseTo(known(z.number(), 'wudi', 'loss of the optimum'), 8);
    const around = (at: number, by: number): number =>
      wudiLoss({ ...closed, data: closed.data.map((v, i) => (i === at ? v + by : v)) }, taus);
    for (const at of closed.data.keys()) expect(around(at, 1e-4) - around(at, -1e-4)).toBeCloseTo(0, 10);
  });

  it('goes down from the sum by Adam as known', () => {
    const losses = known(numbersSchema, 'wudi', 'losses before the steps');
    losses.forEach((loss, steps) => expect(wudiLoss(wudiSteps(taus, steps, 0.01), taus)).toBeCloseTo(loss, 8));
    expectClose(wudiSteps(taus, 5, 0.01).data, knownMatrix('wudi', 'after 5 steps of Adam lr .01').data);
    const size = Math.sqrt(taus.reduce((sum, tau) => sum + squaredNorm(tau), 0) / 216);
    expectClose(
      mergedKernel(wudiMerging, taus, { solver: 'adam', steps: 5, rate: 0.01 / size }),
      knownMatrix('wudi', 'after 5 steps of Adam lr .01').data,
    );
  });

  it('is the expert for one task, and 0 for inputs that no task changed', () => {
    expectClose(wudiClosed([taus[0]]).data, taus[0].data);
    const dead = taus.map(({ rows, cols, data }) => ({
      rows,
      cols,
      data: data.map((v, at) => (at % cols === 3 ? 0 : v)),
    }));
    const closed = wudiClosed(dead);
    expect(closed.data.filter((_, at) => at % 12 === 3).every((value) => Math.abs(value) < 1e-9)).toBe(true);
  });
});

describe('DOGE', () => {
  const lambdas = known(numbersSchema, 'doge', 'lambda_t = .07/|tau_t|');

  it('takes the known steps off the known directions', () => {
    const directions = sharedDirections(taus, 2);
    expectClose(product(transposed(directions), directions).data, knownMatrix('doge', 'projector').data);
    known(numbersSchema, 'doge', 'losses before steps 1..3').forEach((loss, steps) => {
      const delta = dogeDelta(taus, lambdas, { steps, rate: 1e-4, divisor: 2 });
      expect(dogeLoss(delta, taus, lambdas).loss).toBeCloseTo(loss, 8);
    });
    const delta = dogeDelta(taus, lambdas, { steps: 3, rate: 1e-4, divisor: 2 });
    expectClose(delta.data, knownMatrix('doge', 'delta after 3 steps (lr 1e-4, subspace divisor 2)').data, 1e-9);
  });

  it('has the gradient of its loss', () => {
    const delta = drawn('delta', 9, 12);
    const { gradient } = dogeLoss(delta, taus, [0.4, 0.3]);
    for (const at of [0, 17, 107]) {
      const moved = (by: number): number =>
        dogeLoss({ ...delta, data: delta.data.map((v, i) => (i === at ? v + by : v)) }, taus, [0.4, 0.3]).loss;
      expect((moved(1e-4) - moved(-1e-4)) / 2e-4).toBeCloseTo(gradient.data[at], 5);
    }
  });

  it('without steps adds the largest changes scaled to one size a layer', () => {
    const merged = mergedKernel(dogeMerging, taus, { scale: 'published', lambda: 0.07, steps: 0, density: 1 });
    expectClose(
      merged,
      taus[0].data.map((value, at) => lambdas[0] * value + lambdas[1] * taus[1].data[at]),
    );
    const few = mergedKernel(dogeMerging, [taus[0]], { scale: 'published', lambda: 0.07, steps: 0, density: 0.3 });
    // As in their code one entry more than the share.
    expect(few.filter((value) => value !== 0)).toHaveLength(Math.floor(108 * 0.3) + 1);
  });
});
