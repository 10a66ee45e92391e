import { expect, test } from 'vitest';
import { numberStatisticsOf } from '../../../src-main/metrics/number-statistics.ts';
import { computeMetrics } from '../../../src-main/metrics/registry.ts';
import { summarise } from '../../../src-main/metrics/sample-statistics.ts';
import type { SampleNumbers } from '../../../src-main/metrics/primitives.ts';

const EMPTY = { matrices: {}, probabilities: {}, curves: [], scalars: {} };
const test3: SampleNumbers = {
  width: 1,
  targets: Float32Array.of(1, 2, 6),
  values: Float32Array.of(2, 2, 3),
  tasks: Int32Array.of(0, 1, 1),
  names: ['age'],
};

test('by hand: sums of a split, and RMSE, MAE and R² of them', () => {
  expect(numberStatisticsOf(test3)).toEqual({
    width: 1,
    samples: 3,
    squaredError: [10],
    absoluteError: [4],
    spread: [14],
    tasks: [1, 2],
    names: ['age'],
  });
  const metrics = computeMetrics({ ...EMPTY, predictions: { test: test3 } });
  expect(metrics).toEqual({
    'rmse.test': Math.sqrt(10 / 3),
    'mae.test': 4 / 3,
    'r2.test': expect.closeTo(1 - 10 / 14, 12),
  });
});

test('several numbers of a target: the mean of their squared errors, and of their R²', () => {
  const two: SampleNumbers = {
    width: 2,
    targets: Float32Array.of(0, 0, 2, 4),
    values: Float32Array.of(0, 1, 2, 3),
  };
  const metrics = computeMetrics({ ...EMPTY, predictions: { test: two } });
  expect(metrics['rmse.test']).toBeCloseTo(Math.sqrt((0 + 1) / 2), 12);
  expect(metrics['r2.test']).toBeCloseTo((1 + (1 - 2 / 8)) / 2, 12);
});

test('the mean of a split explains nothing; a target that does not vary has no R²', () => {
  const mean = { ...test3, values: new Float32Array(3).fill(3) };
  expect(computeMetrics({ ...EMPTY, predictions: { test: mean } })['r2.test']).toBeCloseTo(0, 12);
  const constant = { ...test3, targets: Float32Array.of(2, 2, 2) };
  expect(computeMetrics({ ...EMPTY, predictions: { test: constant } })).not.toHaveProperty('r2.test');
});

test('metrics are the same from the statistics alone', () => {
  const whole = { ...EMPTY, predictions: { test: test3 } };
  const { numbers } = summarise(whole);
  expect(computeMetrics({ ...EMPTY, numberStatistics: numbers })).toEqual(computeMetrics(whole));
});

test('scores have accuracy, and neither likelihood nor calibration', () => {
  const probabilities = {
    test: { classes: 2, scores: true as const, values: Float32Array.of(5, -3, 1, 2), labels: Int32Array.of(0, 0) },
  };
  expect(computeMetrics({ ...EMPTY, probabilities })).toEqual({ 'acc.test': 0.5, 'acc.final-pooled': 0.5 });
});

test('predictions with deviations are scored as normal distributions', () => {
  const deviations = Float32Array.of(1, 0.5, 1.5);
  const metrics = computeMetrics({ ...EMPTY, predictions: { test: { ...test3, deviations } } });
  // By Python: ½ ln(2πσ²) + (y − μ)²/2σ², and ∫ (Φ((x − μ)/σ) − [x ≥ y])² dx by Simpson's rule.
  const nll = (1.4189385332046727 + 0.2257913526447274 + 3.324403641312837) / 3;
  const crps = (0.6024413576275411 + 0.11684748862754529 + 2.1791877325288405) / 3;
  expect(metrics['normal-nll.test']).toBeCloseTo(nll, 8);
  expect(metrics['normal-crps.test']).toBeCloseTo(crps, 8);
  // The first and the third are 1 and 2 deviations away; 1.645 are allowed.
  expect(metrics['normal-coverage90.test']).toBeCloseTo(2 / 3, 12);
  const whole = { ...EMPTY, predictions: { test: { ...test3, deviations } } };
  expect(computeMetrics({ ...EMPTY, numberStatistics: summarise(whole).numbers })).toEqual(metrics);
  const certain = { ...test3, deviations: new Float32Array(3) };
  expect(computeMetrics({ ...EMPTY, predictions: { test: certain } })['normal-nll.test']).toBeGreaterThan(1e12);
});
