import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { buildComparison } from '../../../src-main/metrics/compare.ts';
import * as continual from '../../../src-main/metrics/continual.ts';
import { accuracyBarrier, lossBarrier, valueAt } from '../../../src-main/metrics/interpolation.ts';
import * as predictions from '../../../src-main/metrics/predictions.ts';
import type { SampleProbabilities } from '../../../src-main/metrics/primitives.ts';
import { wilcoxonSignedRank } from '../../../src-main/metrics/statistics/paired.ts';
import { averageRanks } from '../../../src-main/metrics/statistics/ranks.ts';
import { fitTemperature } from '../../../src-main/methods/ensembling/temperature-scaling.ts';
import { comparisonInput } from '../../fixtures/metrics/comparison-input.ts';

/**
 * Against numbers that numpy, scipy and scikit-learn computed from the definitions:
 * tests/fixtures/metrics/recompute.py.
 */

const numbers = z.array(z.number());
const interval = z.object({ mean: z.number(), low: z.number(), high: z.number(), deviation: z.number() });
const known = z
  .object({
    continual: z.object({
      sizes: numbers,
      matrix: z.array(numbers),
      initial: numbers,
      values: z.record(z.string(), z.number()),
    }),
    predictions: z.object({
      classes: z.number(),
      probabilities: numbers,
      labels: numbers,
      values: z.record(z.string(), z.number()),
      confusion: z.array(numbers),
      perClass: numbers,
    }),
    column: z.object({
      best: z.number(),
      rows: z.array(
        z.object({
          values: numbers,
          rank: z.number(),
          estimate: interval,
          againstBest: interval.extend({ p: z.number(), adjustedP: z.number(), effectSize: z.number() }).nullable(),
        }),
      ),
      pairs: z.array(z.object({ a: z.number(), b: z.number(), p: z.number(), pairwiseP: z.number() })),
    }),
    ranks: z.object({ errors: z.array(numbers), ranks: z.array(numbers) }),
    signedRank: z.array(z.object({ differences: numbers, p: z.number() })),
    barriers: z.object({
      lambda: numbers,
      loss: numbers,
      accuracy: numbers,
      lossBarrier: z.number(),
      accuracyBarrier: z.number(),
      midpoint: z.number(),
      between: z.number(),
    }),
    temperature: z.object({ classes: z.number(), logits: numbers, labels: numbers, temperature: z.number() }),
  })
  .parse(JSON.parse(readFileSync(new URL('../../fixtures/metrics/recomputed.json', import.meta.url), 'utf8')));

describe('of an accuracy matrix', () => {
  const { matrix, sizes, initial, values } = known.continual;
  const ours: Record<string, number | null> = {
    finalMeanOverTasks: continual.finalMeanOverTasks(matrix),
    averageIncremental: continual.averageIncremental(matrix, sizes),
    accuracyDiazRodriguez: continual.accuracyDiazRodriguez(matrix),
    forgettingChaudhry: continual.forgettingChaudhry(matrix),
    forgettingMammoth: continual.forgettingMammoth(matrix),
    forgettingAvalanche: continual.forgettingAvalanche(matrix),
    backwardTransferGem: continual.backwardTransferGem(matrix),
    backwardTransferDiazRodriguez: continual.backwardTransferDiazRodriguez(matrix),
    forwardTransferGem: continual.forwardTransferGem(matrix, initial),
    forwardTransferContinuum: continual.forwardTransferContinuum(matrix),
  };
  test.each(Object.entries(values))('%s', (name, value) => expect(ours[name]).toBeCloseTo(value, 12));
});

describe('of predicted distributions', () => {
  const { classes, probabilities, labels, values, confusion, perClass } = known.predictions;
  const p: SampleProbabilities = {
    classes,
    values: Float32Array.from(probabilities),
    labels: Int32Array.from(labels),
  };
  const ours: Record<string, number | null> = {
    accuracy: predictions.accuracy(p),
    negativeLogLikelihood: predictions.negativeLogLikelihood(p),
    brier: predictions.brierSum(p) / labels.length,
    expectedCalibrationError: predictions.calibrationError(predictions.equalWidthSums(p)),
    maximumCalibrationError: predictions.maximumCalibrationError(predictions.equalWidthSums(p)),
    adaptiveCalibrationError: predictions.calibrationError(predictions.equalMassSums(p)),
  };
  test.each(Object.entries(values))('%s', (name, value) => expect(ours[name]).toBeCloseTo(value, 12));
  test('confusions and classes', () => {
    expect(predictions.confusionMatrix(p)).toEqual(confusion);
    predictions.perClassAccuracy(p).forEach((share, c) => expect(share).toBeCloseTo(perClass[c] ?? Number.NaN, 12));
  });
});

describe('a column of a board and its comparison', () => {
  const { rows, pairs, best } = known.column;
  const key = (row: number): string => `row${row}`;
  const input = comparisonInput({
    methods: rows.map((_, i) => ({ key: key(i), title: key(i) })),
    records: rows.flatMap(({ values }, i) => values.map((value, seed) => ({ key: key(i), seed, value }))),
  });
  const comparison = buildComparison(input);

  test.each(rows.map((row, i) => ({ ...row, i })))(
    'row $i: rank, mean, interval, p',
    ({ i, rank, estimate, againstBest }) => {
      const cell = input.board[i]?.cell;
      expect(cell?.rank).toBe(rank);
      for (const part of ['mean', 'low', 'high', 'deviation'] as const)
        expect(cell?.estimate?.[part]).toBeCloseTo(estimate[part], 12);
      if (againstBest === null) expect(cell).toMatchObject({ best: true, p: null, tiedWithBest: true });
      else {
        expect(cell?.p).toBeCloseTo(againstBest.adjustedP, 10);
        expect(cell?.tiedWithBest).toBe(againstBest.adjustedP >= 0.05);
      }
    },
  );
  test.each(pairs)('pair $a, $b: p alone and within the pairs', ({ a, b, p, pairwiseP }) => {
    const pair = comparison.pairs.find((one) => one.a === key(a) && one.b === key(b));
    expect(pair?.p).toBeCloseTo(p, 10);
    expect(pair?.pairwiseP).toBeCloseTo(pairwiseP, 10);
    const other = a === best ? b : a;
    const against = a === best || b === best ? rows[other]?.againstBest : null;
    if (against == null) expect(pair?.familyP).toBeNull();
    else {
      const sign = other === a ? 1 : -1;
      expect(pair?.familyP).toBeCloseTo(against.adjustedP, 10);
      expect(sign * (pair?.mean ?? 0)).toBeCloseTo(against.mean, 12);
      expect(sign * ((sign === 1 ? pair?.low : pair?.high) ?? 0)).toBeCloseTo(against.low, 12);
      expect(sign * (pair?.effectSize ?? 0)).toBeCloseTo(against.effectSize, 9);
    }
  });
  test('every pair is there', () => expect(comparison.pairs).toHaveLength(21));
});

test('ranks with ties', () =>
  known.ranks.errors.forEach((row, i) => expect(averageRanks(row)).toEqual(known.ranks.ranks[i])));

test.each(known.signedRank)('Wilcoxon’s signed-rank test', ({ differences, p }) =>
  expect(wilcoxonSignedRank(differences).p).toBeCloseTo(p, 10),
);

test('barriers along a line', () => {
  const { lambda, loss, accuracy, ...values } = known.barriers;
  const points = (list: readonly number[]) => lambda.map((at, i): [number, number] => [at, list[i] ?? Number.NaN]);
  expect(lossBarrier(points(loss))).toBeCloseTo(values.lossBarrier, 12);
  expect(accuracyBarrier(points(accuracy))).toBeCloseTo(values.accuracyBarrier, 12);
  expect(valueAt(points(accuracy), 0.5)).toBeCloseTo(values.midpoint, 12);
  expect(valueAt(points(accuracy), 0.33)).toBeCloseTo(values.between, 12);
});

test('temperature scaling', () => {
  const { logits, labels, classes, temperature } = known.temperature;
  expect(fitTemperature(Float32Array.from(logits), Int32Array.from(labels), classes)).toBeCloseTo(temperature, 5);
});
