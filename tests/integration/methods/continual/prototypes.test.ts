import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openDatasetStore } from '../../../../src-main/datasets/store.ts';
import type { DatasetSplit } from '../../../../src-main/datasets/types.ts';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { tf } from '../../../../src-main/engine/tf.ts';
import type { Engine } from '../../../../src-main/engine/types.ts';
import fecam, { mahalanobis, precision, tukey } from '../../../../src-main/methods/continual/fecam.ts';
import { randomFeatures, ridgeWeights } from '../../../../src-main/methods/continual/random-projection.ts';
import { streamInto, type ClassMeans } from '../../../../src-main/methods/continual/shared/class-means.ts';
import { scatterOf } from '../../../../src-main/methods/continual/shared/scatter.ts';
import { nearness } from '../../../../src-main/methods/continual/shared/squared-distances.ts';
import { discriminants, scatterRows } from '../../../../src-main/methods/continual/streaming-lda.ts';
import { loadMethods } from '../../../../src-main/methods/registry.ts';
import { loadSuites } from '../../../../src-main/suites/registry.ts';
import { flat, section } from '../../../fixtures/methods/known-steps.ts';
import { recorded, rows, worstOf } from '../../../fixtures/methods/tiny-network.ts';
import { expectSameAfterPauses } from '../../promises.ts';
import { trialRunner, type TrialRunner } from '../../run-trials.ts';

/** Prototypes and closed forms over frozen features: against numbers made elsewhere, and in any order of the tasks. */

const TOLERANCE = 1e-5;
const SUITE = 'split-optdigits-quick/class-il';
const matrix = z.array(z.array(z.number()));
const numbers = z.array(z.number());
const known = z
  .record(z.string(), z.unknown())
  .parse(JSON.parse(readFileSync(new URL('../../../fixtures/methods/prototypes.json', import.meta.url), 'utf8')));
const examples = section(
  'nearest class mean',
  z.looseObject({ features: matrix, labels: numbers, queries: matrix, means: matrix }),
  known,
);
const empty = (): ClassMeans => ({ width: 4, counts: new Float64Array(3), means: new Float64Array(12) });
const labelled = (features: readonly (readonly number[])[], labels: readonly number[]) => ({
  values: flat(features),
  labels: Int32Array.from(labels),
});
const seen = labelled(examples.features, examples.labels);

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine('tensorflow-cpu');
});
afterAll(() => engine.dispose());

describe('against known answers', () => {
  it('means of classes and the distances to them', async () => {
    const means = empty();
    streamInto(means, seen);
    expect(worstOf(means.means, examples.means.flat())).toBeLessThan(TOLERANCE);
    const found = await recorded(engine, () => ({
      scores: nearness(rows(examples.queries), tf.tensor2d(Float32Array.from(means.means), [3, 4])),
    }));
    expect(worstOf(found.scores, section('scores', matrix, examples).flat())).toBeLessThan(TOLERANCE);
  });

  it('the streamed covariance and its discriminants', async () => {
    const expected = section('streaming LDA', z.looseObject({ Sigma: matrix, W: matrix, bias: numbers }), known);
    const means = empty();
    const covariance = new Float64Array(16);
    await scatterOf(engine, 4)(covariance, scatterRows(means, seen, 'all'));
    covariance.forEach((value, at) => (covariance[at] = value / examples.labels.length));
    expect(worstOf(covariance, expected.Sigma.flat())).toBeLessThan(TOLERANCE);
    // Exact moments in, as float32 features cost digits where the covariance is nearly singular.
    const { weights, biases } = discriminants(Float64Array.from(expected.Sigma.flat()), means, 1e-4);
    expect(worstOf(weights, expected.W.flat())).toBeLessThan(TOLERANCE);
    expect(worstOf(biases, expected.bias)).toBeLessThan(TOLERANCE);
  });

  it('the pooled covariance is the scatter about the means, in any order', async () => {
    const one = new Float64Array(16);
    const other = new Float64Array(16);
    await scatterOf(engine, 4)(one, scatterRows(empty(), seen, 'own'));
    const turned = labelled(examples.features.toReversed(), examples.labels.toReversed());
    await scatterOf(engine, 4)(other, scatterRows(empty(), turned, 'own'));
    const about = examples.features.map((row, at) =>
      row.map((value, i) => value - examples.means[examples.labels[at]][i]),
    );
    const scatter = Array.from({ length: 16 }, (_, at) =>
      about.reduce((sum, row) => sum + row[at % 4] * row[Math.floor(at / 4)], 0),
    );
    expect(worstOf(one, scatter)).toBeLessThan(TOLERANCE);
    expect(worstOf(other, scatter)).toBeLessThan(TOLERANCE);
  });

  it('random features and their ridge regression, after a part and after all', async () => {
    const expected = section('random projection', z.looseObject({ R: matrix }), known);
    const { random, answered } = await recorded(engine, () => ({
      random: randomFeatures(rows(examples.features), rows(expected.R)),
      answered: randomFeatures(rows(examples.queries), rows(expected.R)),
    }));
    const gram = new Float64Array(36);
    const sums = new Float64Array(18);
    const add = (from: number, to: number): Float64Array => {
      for (let row = from; row < to; row++)
        for (let i = 0; i < 6; i++) {
          for (let j = 0; j < 6; j++) gram[i * 6 + j] += random[row * 6 + i] * random[row * 6 + j];
          sums[i * 3 + examples.labels[row]] += random[row * 6 + i];
        }
      return ridgeWeights(gram, sums, 0.1);
    };
    expect(worstOf(add(0, 7), section('W after the first', matrix, expected).flat())).toBeLessThan(TOLERANCE);
    const weights = add(7, 10);
    expect(worstOf(weights, section('W after all', matrix, expected).flat())).toBeLessThan(TOLERANCE);
    const scores = Array.from({ length: 9 }, (_, at) =>
      [0, 1, 2, 3, 4, 5].reduce((sum, i) => sum + answered[Math.floor(at / 3) * 6 + i] * weights[i * 3 + (at % 3)], 0),
    );
    expect(worstOf(scores, section('scores of queries', matrix, expected).flat())).toBeLessThan(TOLERANCE);
  });

  it.each([
    ['all parts', { gamma1: 1, gamma2: 1, correlation: true }, true],
    ['no unit length', { gamma1: 1, gamma2: 0.5, correlation: false }, false],
  ] as const)('precisions and distances of FeCAM: %s', async (start, settings, isUnit) => {
    const data = section('FeCAM', z.looseObject({ features: matrix, labels: numbers, queries: matrix }), known);
    const expected = section(start, z.object({ precisions: z.array(matrix), scores: matrix }), data);
    const { powered } = await recorded(engine, () => ({ powered: tukey(rows(data.features), 0.5) }));
    const { values, labels } = { values: Float32Array.from(powered), labels: Int32Array.from(data.labels) };
    const means = empty();
    streamInto(means, { values, labels });
    for (const output of [0, 1, 2]) {
      const own = [...labels.keys()].filter((at) => labels[at] === output);
      const mean = means.means.subarray(output * 4, output * 4 + 4);
      const scatter = new Float64Array(16);
      const about = own.flatMap((at) => [...values.subarray(at * 4, at * 4 + 4)].map((value, i) => value - mean[i]));
      await scatterOf(engine, 4)(scatter, Float32Array.from(about));
      const inverse = precision(
        scatter.map((value) => value / (own.length - 1)),
        settings,
      );
      expect(worstOf(inverse, expected.precisions[output].flat())).toBeLessThan(TOLERANCE);
      const found = await recorded(engine, () => ({
        distances: mahalanobis(
          tukey(rows(data.queries), 0.5),
          tf.tensor2d(Float32Array.from(mean), [1, 4]),
          tf.tensor2d(Float32Array.from(inverse), [4, 4]),
          isUnit,
        ),
      }));
      const wanted = expected.scores.map((scores) => -scores[output]);
      expect(worstOf(found.distances, wanted)).toBeLessThan(TOLERANCE);
    }
  });
});

it('FeCAM makes do with one example, and with features that are never active', () => {
  const shares = { gamma1: 1, gamma2: 0.9, correlation: true };
  expect([...precision(new Float64Array(4), shares)]).toEqual([1, 0, 0, 1]);
  const active = Float64Array.from({ length: 16 }, (_, at) => (at % 4 < 2 && at < 8 ? 1 : 0));
  // With γ₁ = 1 two variances are .5 and their covariance .9; with 2 the variances are 1.
  const twice = precision(active, { ...shares, gamma1: 2 });
  expect([...precision(active, shares)]).toEqual([...twice]);
  expect(twice.every(Number.isFinite)).toBe(true);
});

describe('in a trial', () => {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-prototypes-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let inOrder: TrialRunner;
  let turned: TrialRunner;
  beforeAll(async () => {
    const [methods, suites] = await Promise.all([loadMethods(), loadSuites()]);
    const store = openDatasetStore({ dataFolder: folder });
    const parts = { engine, methods, suites };
    inOrder = trialRunner({ ...parts, dataset: (_suite, id) => store.open(id) });
    // Class 9 is called 0, and so on: the last task comes first.
    const renamed = (split: DatasetSplit): DatasetSplit => ({ ...split, y: split.y.map((label) => 9 - label) });
    turned = trialRunner({
      ...parts,
      dataset: async (_suite, id) => {
        const dataset = await store.open(id);
        return { ...dataset, train: renamed(dataset.train), test: renamed(dataset.test) };
      },
    });
  });

  it.each([
    ['nearest-class-mean', {}],
    ['streaming-lda', { covariance: 'pooled' }],
    ['fecam', {}],
    ['random-projection', { size: 60 }],
  ] as const)(
    '%s answers the same at the end, in whatever order the tasks come',
    async (method, values) => {
      const last = async (runner: TrialRunner): Promise<readonly number[]> => {
        const { primitives } = await runner.run(SUITE, method, { ...values, features: 'inputs' });
        const row = primitives.matrices.accuracy.at(-1);
        return (row ?? []).map(Number);
      };
      const final = await last(inOrder);
      expect(final).toHaveLength(5);
      expect(await last(turned)).toEqual(final.toReversed());
    },
    60_000,
  );

  it('goes on after a pause to the bit, with features that the first task trained', async () => {
    await expectSameAfterPauses(inOrder, [SUITE, 'streaming-lda', {}], [2, 6]);
  }, 60_000);

  it('FeCAM says where classes come again', async () => {
    const suites = await loadSuites();
    expect(fecam.fits(suites.get('split-optdigits-quick/domain-il').facts)).toContain('measured once');
  });
});
