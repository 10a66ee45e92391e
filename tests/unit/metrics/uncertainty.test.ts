import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { lenet5 } from '../../../src-main/engine/networks/architectures/lenet5.ts';
import { buildNetwork } from '../../../src-main/engine/networks/networks.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { fitTemperature } from '../../../src-main/methods/ensembling/temperature-scaling.ts';
import { meanProbabilities } from '../../../src-main/methods/ensembling/shared/combine.ts';
import { disagreement } from '../../../src-main/metrics/diversity.ts';
import { separation } from '../../../src-main/metrics/out-of-distribution.ts';
import { calibrationError, equalMassSums, equalWidthSums } from '../../../src-main/metrics/predictions.ts';
import { computeMetrics } from '../../../src-main/metrics/registry.ts';
import { leastRiskArea, riskArea, risks } from '../../../src-main/metrics/selective.ts';
import { softmaxRows } from '../../../src-main/methods/shared/softmax.ts';

const numbers = z.array(z.number());
const members = z.array(z.array(numbers));
const scores = z.object({
  in: numbers,
  out: numbers,
  auroc: z.number(),
  'aupr (out positive, average precision)': z.number(),
  'fpr at 95% recall of out': z.number(),
});
const fixture = z
  .object({
    calibration: z.object({
      logits: z.array(numbers),
      y: numbers,
      accuracy: z.number(),
      nll: z.number(),
      'brier (sum over classes, mean over samples; 0..2)': z.number(),
      'ece 15 bins, bins (lo, hi]': z.number(),
      'ece 10 bins': z.number(),
      'adaptive ece 10 equal-count bins (first bins get the extra samples), l1': z.number(),
      'temperature minimising nll': z.number(),
      'ece 15 after': z.number(),
    }),
    ood_and_diversity: z.object({
      'members in [member, sample, class]': members,
      'mean disagreement': z.number(),
      scores: z.record(z.string(), scores),
    }),
    risk_coverage: z.object({
      confidence: numbers,
      error: numbers,
      'risk at coverage 1/n .. 1 (ties share their mean error)': numbers,
      AURC: z.number(),
      'E-AURC': z.number(),
    }),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/ensembling/inside-one-net.json'), 'utf8')));

describe('calibration of forty rows', () => {
  const { logits, y, ...known } = fixture.calibration;
  const flat = Float32Array.from(logits.flat());
  const labels = Int32Array.from(y);
  const at = (temperature: number) => {
    const values = softmaxRows(
      flat.map((value) => value / temperature),
      4,
    );
    return { classes: 4, values, labels };
  };

  test('metrics are the known ones', () => {
    const found = computeMetrics({ matrices: {}, probabilities: { test: at(1) }, curves: [], scalars: {} });
    expect(found['acc.test']).toBeCloseTo(known.accuracy, 9);
    expect(found['nll.test']).toBeCloseTo(known.nll, 6);
    expect(found['brier.test']).toBeCloseTo(known['brier (sum over classes, mean over samples; 0..2)'], 6);
    expect(found['ece15.test']).toBeCloseTo(known['ece 15 bins, bins (lo, hi]'], 6);
    expect(calibrationError(equalWidthSums(at(1), 10))).toBeCloseTo(known['ece 10 bins'], 6);
    const adaptive = known['adaptive ece 10 equal-count bins (first bins get the extra samples), l1'];
    expect(calibrationError(equalMassSums(at(1), 10))).toBeCloseTo(adaptive, 6);
  });

  test('the temperature, and the calibration error after it', () => {
    const temperature = fitTemperature(flat, labels, 4);
    expect(temperature).toBeCloseTo(known['temperature minimising nll'], 4);
    expect(calibrationError(equalWidthSums(at(temperature)))).toBeCloseTo(known['ece 15 after'], 5);
  });
});

describe('rows from outside and members', () => {
  const { 'members in [member, sample, class]': said, 'mean disagreement': apart } = fixture.ood_and_diversity;

  test.each(Object.entries(fixture.ood_and_diversity.scores))('by %s', (_, known) => {
    const found = separation(known.in, known.out);
    expect(found?.auroc).toBeCloseTo(known.auroc, 9);
    expect(found?.aupr).toBeCloseTo(known['aupr (out positive, average precision)'], 9);
    expect(found?.fpr95).toBeCloseTo(known['fpr at 95% recall of out'], 9);
  });

  test('equal scores count half', () => {
    expect(separation([0.1, 0.4, 0.4], [0.4, 0.9])?.auroc).toBeCloseTo(5 / 6, 12);
    expect(separation([], [1])).toBeNull();
  });

  test('disagreement is the known one, of logits as of probabilities; one member has none', () => {
    const logits = said.map((rows) => Float32Array.from(rows.flat()));
    const classes = said[0]?.[0]?.length ?? 0;
    expect(disagreement(logits, classes)).toBeCloseTo(apart, 9);
    const probabilities = logits.map((values) => softmaxRows(values, classes));
    expect(disagreement(probabilities, classes)).toBeCloseTo(apart, 9);
    expect(disagreement(logits.slice(0, 1), classes)).toBeNull();
    expect(disagreement([logits[0] ?? [], logits[0] ?? []], classes)).toBe(0);
    expect(meanProbabilities(logits, classes)).toHaveLength(logits[0]?.length ?? 0);
  });
});

describe('risk and coverage', () => {
  const { confidence, error, ...known } = fixture.risk_coverage;

  test('risks, AURC and E-AURC are the known ones', () => {
    const expected = known['risk at coverage 1/n .. 1 (ties share their mean error)'];
    [...risks(confidence, error)].forEach((risk, i) => expect(risk).toBeCloseTo(expected[i] ?? Number.NaN, 12));
    expect(riskArea(confidence, error)).toBeCloseTo(known.AURC, 12);
    const wrong = error.filter((one) => one === 1).length;
    expect(known.AURC - leastRiskArea(error.length, wrong)).toBeCloseTo(known['E-AURC'], 12);
  });

  test('the order of rows does not matter; all equally sure: the error rate; right ones first: the least', () => {
    const order = stream(1, 'order').permutation(error.length);
    const [a, b] = [confidence, error].map((values) => Array.from(order, (row) => values[row] ?? 0));
    expect(riskArea(a ?? [], b ?? [])).toBeCloseTo(known.AURC, 12);
    expect(riskArea([1, 1, 1, 1], [1, 0, 0, 1])).toBeCloseTo(0.5, 12);
    expect(riskArea([4, 3, 2, 1], [0, 0, 1, 1])).toBeCloseTo(leastRiskArea(4, 2), 12);
  });

  test('the metrics follow from the answers of a split', () => {
    // Three rows of two classes: right at .9, wrong at .8, right at .6.
    const test = {
      classes: 2,
      values: Float32Array.of(0.9, 0.1, 0.2, 0.8, 0.6, 0.4),
      labels: Int32Array.of(0, 0, 0),
    };
    const found = computeMetrics({ matrices: {}, probabilities: { test }, curves: [], scalars: {} });
    expect(found['aurc.test']).toBeCloseTo((0 + 1 / 2 + 1 / 3) / 3, 6);
    expect(found['e-aurc.test']).toBeCloseTo((1 / 2 + 1 / 3 - 1 / 3) / 3, 6);
  });
});

test('LeNet-5 has the parameters of uncertainty-baselines', () => {
  const { params } = buildNetwork(
    lenet5({ input: [28, 28, 1], filters: [6, 16, 120], dense: 84, outputs: 10, init: 'glorot-uniform' }),
  );
  expect(params.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)).toBe(545_546);
});
