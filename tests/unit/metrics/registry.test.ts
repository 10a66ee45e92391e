import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as continual from '../../../src-main/metrics/continual.ts';
import { accuracyBarrier, lossBarrier, valueAt } from '../../../src-main/metrics/interpolation.ts';
import { statisticsOf, summarise } from '../../../src-main/metrics/sample-statistics.ts';
import * as predictions from '../../../src-main/metrics/predictions.ts';
import type { Primitives, SampleProbabilities } from '../../../src-main/metrics/primitives.ts';
import { computeMetrics, metric, METRICS } from '../../../src-main/metrics/registry.ts';

const samples = (
  rows: readonly (readonly number[])[],
  labels: readonly number[],
  tasks?: readonly number[],
): SampleProbabilities => ({
  classes: rows[0]?.length ?? 0,
  values: Float32Array.from(rows.flat()),
  labels: Int32Array.from(labels),
  ...(tasks === undefined ? {} : { tasks: Int32Array.from(tasks) }),
});
const binary = (positive: readonly number[], labels: readonly number[]): SampleProbabilities =>
  samples(
    positive.map((p) => [1 - p, p]),
    labels,
  );
const primitives = (part: Partial<Primitives>): Primitives => ({
  matrices: {},
  probabilities: {},
  curves: [],
  scalars: {},
  ...part,
});

describe("Continuum's fixtures (tests/test_metrics.py)", () => {
  test('BWT −.5', () =>
    expect(
      continual.backwardTransferDiazRodriguez([
        [1, 0.5],
        [0.5, 0],
      ]),
    ).toBe(-0.5));
  test('forgetting .75, remembering .25, A .5', () => {
    const r = [
      [1, 0.25],
      [0.25, 0.25],
    ];
    expect(continual.forgettingChaudhry(r)).toBe(0.75);
    expect(continual.rememberingDiazRodriguez(r)).toBe(0.25);
    expect(continual.accuracyDiazRodriguez(r)).toBe(0.5);
  });
  test('minimum of old tasks: the last task left out', () =>
    expect(continual.minimumAccuracy([1, 0.25, 0.75].map((first, i) => [first, [0, 1, 0.5][i], 0]))).toBe(0.375));
  test('FWT .125', () =>
    expect(
      continual.forwardTransferContinuum([
        [1, 0.125],
        [0.25, 0.25],
      ]),
    ).toBe(0.125));
  test('BWT+ .25', () =>
    expect(
      continual.positiveBackwardTransferDiazRodriguez([
        [0.75, 0.25],
        [1, 0.25],
      ]),
    ).toBe(0.25));
});

describe('three tasks by hand: the same word, different numbers', () => {
  const r = [
    [0.9, 0.1, 0.2],
    [0.95, 0.8, 0.3],
    [0.6, 0.85, 0.7],
  ];
  test.each([
    ['acc.final-mean-tasks', (0.6 + 0.85 + 0.7) / 3],
    ['acc.diaz-rodriguez', (0.9 + 0.95 + 0.8 + 0.6 + 0.85 + 0.7) / 6],
    ['acc.learning', (0.9 + 0.8 + 0.7) / 3],
    ['acc.final-old-tasks', (0.6 + 0.85) / 2],
    ['acc.worst-task', 0.6],
    ['forgetting.chaudhry18', (0.35 - 0.05) / 2],
    ['forgetting.mammoth', (0.35 + 0) / 2],
    ['forgetting.avalanche', (0.3 - 0.05) / 2],
    ['bwt.gem17', (-0.3 + 0.05) / 2],
    ['bwt.diaz-rodriguez', (0.05 - 0.3 + 0.05) / 3],
    ['fwt.gem17', (0.1 - 0.5 + 0.3 - 0.25) / 2],
  ])('%s', (id, expected) => {
    expect(
      metric(id).compute(summarise(primitives({ matrices: { accuracy: r, 'accuracy.init': [[0.4, 0.5, 0.25]] } }))),
    ).toBeCloseTo(expected, 12);
  });
  test('intransigence needs the joint run: a*_T − R[T−1][T−1]', () => {
    const own = primitives({ matrices: { accuracy: r } });
    expect(metric('intransigence.chaudhry18').compute(summarise(own))).toBeNull();
    expect(
      metric('intransigence.chaudhry18').compute(summarise(own), {
        joint: summarise(primitives({ matrices: { accuracy: [[0.98, 0.97, 0.96]] } })),
      }),
    ).toBeCloseTo(0.26, 12);
  });
  test('a method evaluated once has a final accuracy and no forgetting', () => {
    const joint = primitives({ matrices: { accuracy: [[0.98, 0.97, 0.96]] } });
    expect(metric('acc.final-mean-tasks').compute(summarise(joint))).toBeCloseTo(0.97, 12);
    expect(metric('forgetting.chaudhry18').compute(summarise(joint))).toBeNull();
    expect(metric('bwt.gem17').compute(summarise(joint))).toBeNull();
  });
  test('pooled and mean over tasks differ where tasks differ in size; average incremental pools', () => {
    // task 0: three samples, two right; task 1: one sample, right
    const p = primitives({
      matrices: {
        accuracy: [
          [1, 0],
          [2 / 3, 1],
        ],
      },
      probabilities: {
        test: samples(
          [
            [1, 0],
            [1, 0],
            [0, 1],
            [0, 1],
          ],
          [0, 0, 0, 1],
          [0, 0, 0, 1],
        ),
      },
    });
    expect(metric('acc.final-mean-tasks').compute(summarise(p))).toBeCloseTo(5 / 6, 12);
    expect(metric('acc.final-pooled').compute(summarise(p))).toBe(0.75);
    expect(metric('acc.avg-incremental').compute(summarise(p))).toBeCloseTo((1 + 0.75) / 2, 12);
  });
});

describe('calibration', () => {
  test('Brier: p = (.5, .5) is .5; the five-class example', () => {
    expect(predictions.brierSum(binary([0.5], [1]))).toBe(0.5);
    const rows = [
      [0.2, 0.6, 0.1, 0.1, 0],
      [0, 0.05, 0.95, 0, 0],
    ];
    expect(predictions.brierSum(samples(rows, [1, 2]))).toBeCloseTo(0.04 + 0.16 + 0.01 + 0.01 + 0.0025 + 0.0025, 6);
  });
  test('adaptive ECE in two bins: L1 .278, largest .3', () => {
    const bins = predictions.equalMassSums(binary([0.3, 0.24, 0.25, 0.2, 0.8], [0, 0, 0, 1, 1]), 2);
    expect(predictions.calibrationError(bins)).toBeCloseTo(0.278, 6);
    expect(predictions.maximumCalibrationError(bins)).toBeCloseTo(0.3, 6);
  });
  test('ECE by hand: two bins of width 1/2 hold everything in (.5, 1]', () => {
    // confidences .9, .9, .6; right, wrong, right → bin accuracy 2/3, confidence .8
    const p = binary([0.9, 0.1, 0.6], [1, 1, 1]);
    expect(predictions.calibrationError(predictions.equalWidthSums(p, 2))).toBeCloseTo(0.8 - 2 / 3, 6);
    // 15 bins: .9 lies in (13/15, 14/15], .6 in (8/15, 9/15] (float32 of .6 is a little more: bin 10): |.5 − .9|·2/3 +
    // |1 − .6|/3
    expect(predictions.calibrationError(predictions.equalWidthSums(p, 15))).toBeCloseTo(0.4, 6);
  });
  test('a confidence of exactly 1 falls in the last bin; always right is calibrated', () => {
    const bins = predictions.equalWidthSums(
      samples(
        [
          [1, 0],
          [0, 1],
        ],
        [0, 1],
      ),
      15,
    );
    expect(bins.at(-1)?.[0]).toBe(2);
    expect(predictions.calibrationError(bins)).toBe(0);
  });
  test('reliability curves by hand: all samples, then each task', () => {
    // Task 0: confidences .9 right and .5 wrong; task 1: .9 wrong. All: bin 14 of 15 holds two (.9), one of them right;
    // bin 8 holds one (.5), wrong.
    const p = {
      ...samples(
        [
          [0.9, 0.1],
          [0.5, 0.5],
          [0.1, 0.9],
        ],
        [0, 1, 0],
      ),
      tasks: new Int32Array([0, 0, 1]),
    };
    const [all, first, second, ...more] = predictions.calibrationCurves(p);
    expect(more).toEqual([]);
    const filled = (curve: predictions.CalibrationCurve | undefined): (number | string)[][] =>
      (curve?.bins ?? []).flatMap(({ count, confidence, accuracy }, bin) =>
        count === 0 ? [] : [[bin, count, confidence.toFixed(6), accuracy]],
      );
    expect([all?.task, all?.samples, all?.bins.length, filled(all)]).toEqual([
      null,
      3,
      15,
      [
        [7, 1, '0.500000', 0],
        [13, 2, '0.900000', 0.5],
      ],
    ]);
    expect(all?.error).toBeCloseTo((0.5 + 2 * 0.4) / 3, 6);
    expect([first?.task, first?.samples, filled(first)]).toEqual([
      0,
      2,
      [
        [7, 1, '0.500000', 0],
        [13, 1, '0.900000', 1],
      ],
    ]);
    expect(first?.error).toBeCloseTo((0.5 + 0.1) / 2, 6);
    expect([second?.task, second?.samples, filled(second)]).toEqual([1, 1, [[13, 1, '0.900000', 0]]]);
    // One task, or none named: the same curve twice would say nothing.
    expect(predictions.calibrationCurves({ ...p, tasks: new Int32Array(3) })).toHaveLength(1);
    expect(predictions.calibrationCurves(samples([], []))).toEqual([]);
  });
  test('NLL in nats; a zero probability costs −ln 1e-12, not infinity', () => {
    expect(predictions.negativeLogLikelihood(binary([0.25], [1]))).toBeCloseTo(Math.log(4), 12);
    expect(predictions.negativeLogLikelihood(samples([[1, 0]], [1]))).toBeCloseTo(12 * Math.LN10, 9);
    expect(predictions.negativeLogLikelihood(samples([Array.from({ length: 10 }, () => 0.1)], [3]))).toBeCloseTo(
      Math.log(10),
      6,
    );
  });
  test('confusion: rows are true classes; classes without samples have no accuracy', () => {
    const p = samples(
      [
        [1, 0, 0],
        [0, 1, 0],
        [0, 1, 0],
      ],
      [0, 0, 1],
    );
    expect(predictions.confusionMatrix(p)).toEqual([
      [1, 1, 0],
      [0, 1, 0],
      [0, 0, 0],
    ]);
    expect(predictions.perClassAccuracy(p)).toEqual([0.5, 1, null]);
  });
});

describe('interpolation', () => {
  test('barrier is measured from the line between the ends', () => {
    expect(
      lossBarrier([
        [0, 1],
        [0.25, 1.5],
        [0.5, 4],
        [1, 3],
      ]),
    ).toBe(2);
    expect(
      accuracyBarrier([
        [0, 0.9],
        [0.5, 0.3],
        [1, 0.7],
      ]),
    ).toBeCloseTo(0.5, 12);
  });
  test('a straight line has none; a curve without its ends cannot say', () => {
    expect(
      lossBarrier([
        [0, 1],
        [0.5, 2],
        [1, 3],
      ]),
    ).toBe(0);
    expect(
      lossBarrier([
        [0.1, 1],
        [1, 3],
      ]),
    ).toBeNull();
    expect(lossBarrier([])).toBeNull();
  });
  test('midpoint, between points where there is no point', () => {
    expect(
      valueAt(
        [
          [0, 0],
          [0.5, 0.7],
          [1, 1],
        ],
        0.5,
      ),
    ).toBe(0.7);
    expect(
      valueAt(
        [
          [0, 0],
          [0.4, 0.2],
          [0.6, 0.4],
          [1, 1],
        ],
        0.5,
      ),
    ).toBeCloseTo(0.3, 12);
  });
  test('ids read the curves by name', () => {
    const p = primitives({
      curves: [
        {
          name: 'interpolation.loss.test',
          x: 'lambda',
          points: [
            [0, 1],
            [0.5, 3],
            [1, 1],
          ],
        },
        {
          name: 'interpolation.accuracy.test',
          x: 'lambda',
          points: [
            [0, 0.9],
            [0.5, 0.4],
            [1, 0.9],
          ],
        },
      ],
    });
    expect(computeMetrics(p)).toEqual({
      'barrier.loss.frankle20': 2,
      'barrier.accuracy.frankle20': 0.5,
      'acc.midpoint': 0.4,
    });
  });
});

describe('registry', () => {
  test('ids are unique and say what they measure', () => {
    expect(new Set(METRICS.map(({ id }) => id)).size).toBe(METRICS.length);
    for (const { formula, source, title } of METRICS)
      expect([formula, source, title].every((text) => text.length > 0)).toBe(true);
  });
  test('an unknown id names the known ones', () =>
    expect(() => metric('acc')).toThrow(/unknown metric "acc".*acc\.final-mean-tasks/));
  test('nothing measured, nothing computed', () => expect(computeMetrics(primitives({}))).toEqual({}));
});

describe('sufficient statistics', () => {
  test('by hand: counts, tasks, sums of the losses, bins of equal width and mass', () => {
    const p = {
      ...samples(
        [
          [0.75, 0.25],
          [0.25, 0.75],
          [0.5, 0.5],
        ],
        [0, 0, 1],
      ),
      tasks: new Int32Array([0, 0, 1]),
      classNames: ['a', 'b'],
    };
    const statistics = statisticsOf(p);
    expect(statistics).toMatchObject({
      classes: 2,
      samples: 3,
      counts: [
        [1, 1],
        [1, 0],
      ],
      tasks: [2, 1],
      classNames: ['a', 'b'],
    });
    // −ln .75 − ln .25 − ln .5; (2·.25²) + (2·.75²) + (2·.5²).
    expect(statistics.logLoss).toBeCloseTo(-Math.log(0.75) - Math.log(0.25) - Math.log(0.5), 12);
    expect(statistics.brier).toBeCloseTo(0.125 + 1.125 + 0.5, 12);
    // .75 lies in (11/15, 12/15], .5 in (7/15, 8/15].
    expect(statistics.bins?.equalWidth.flatMap(([count], bin) => (count === 0 ? [] : [bin]))).toEqual([7, 11]);
    expect(statistics.bins?.equalWidth[11]).toEqual([2, 1.5, 1]);
    expect(statistics.bins?.equalMass.slice(0, 4)).toEqual([
      [1, 0.5, 0],
      [1, 0.75, 1],
      [1, 0.75, 0],
      [0, 0, 0],
    ]);
  });
  test('give every metric that the answers give, to the last bit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(1), fc.nat(2)), { minLength: 1 }),
        (rows) => {
          const test = {
            ...samples(
              rows.map(([q]) => [q, 1 - q]),
              rows.map(([, label]) => label),
            ),
            tasks: Int32Array.from(rows, ([, , task]) => task),
          };
          const matrices = { accuracy: [[1]] };
          const whole = primitives({ matrices, probabilities: { test, validation: test } });
          const { statistics } = summarise(whole);
          const kept = JSON.parse(JSON.stringify(statistics));
          expect(computeMetrics({ ...primitives({ matrices }), statistics: kept })).toEqual(computeMetrics(whole));
        },
      ),
    );
  });
});
