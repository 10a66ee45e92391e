import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { betaMap, fitBeta } from '../../../../src-main/methods/ensembling/beta-calibration.ts';
import { fitHistogram } from '../../../../src-main/methods/ensembling/histogram-binning.ts';
import { fitIsotonic, isotonicMap } from '../../../../src-main/methods/ensembling/isotonic-calibration.ts';
import { fitMatrixScaling, mapped } from '../../../../src-main/methods/ensembling/matrix-scaling.ts';
import { fitPlatt } from '../../../../src-main/methods/ensembling/platt-scaling.ts';
import {
  conformalCoverage,
  conformalScores,
  conformalThreshold,
} from '../../../../src-main/methods/ensembling/shared/conformal.ts';
import type { ConformalScore } from '../../../../src-main/methods/ensembling/shared/conformal.ts';
import { meanNll } from '../../../../src-main/methods/ensembling/shared/likelihood.ts';
import { calibrateOneVsRest } from '../../../../src-main/methods/ensembling/shared/one-vs-rest.ts';
import { fitTemperature } from '../../../../src-main/methods/ensembling/temperature-scaling.ts';
import { fitVectorScaling } from '../../../../src-main/methods/ensembling/vector-scaling.ts';

interface Beta {
  readonly p: number[];
  readonly y: number[];
  readonly asked: number[];
  readonly told: number[];
}
interface Conformal {
  readonly threshold: number;
  readonly sets: number[][];
}
/** Numbers computed without this program; `source` in the file says by what. */
const known: {
  scaling: {
    logits: number[][];
    labels: number[];
    nll: { given: number; temperature: number; vector: number; matrix: number };
    temperature: number;
    vector: { w: number[]; b: number[] };
    firstRow: number[];
    penalised: { w: number[][]; b: number[]; objective: number };
  };
  platt: { f: number[]; y: number[]; a: number; c: number };
  isotonic: Beta;
  beta: Beta;
  betaDropped: Beta;
  conformal: { p: number[][]; labels: number[]; u: number[] } & Record<'lac' | 'aps' | 'apsOne' | 'raps', Conformal>;
} = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../fixtures/methods/ensembling/calibration.json'), 'utf8'),
);

const close = (given: ArrayLike<number>, wanted: readonly number[], digits: number): void =>
  wanted.forEach((value, at) => expect(given[at]).toBeCloseTo(value, digits));
const is = (targets: readonly number[]): boolean[] => targets.map((target) => target === 1);

describe('scaling of logits', () => {
  const { scaling } = known;
  const logits = Float64Array.from(scaling.logits.flat());
  const labels = Int32Array.from(scaling.labels);

  test('vector scaling: factors, offsets and likelihood', () => {
    const { w, b } = fitVectorScaling(logits, labels, 3);
    close(w, scaling.vector.w, 5);
    close(b, scaling.vector.b, 5);
    const scaled = logits.map((z, at) => (w[at % 3] ?? 0) * z + (b[at % 3] ?? 0));
    expect(meanNll(scaled, labels, 3).value).toBeCloseTo(scaling.nll.vector, 9);
    expect(meanNll(logits, labels, 3).value).toBeCloseTo(scaling.nll.given, 9);
  });

  test('matrix scaling: probabilities without penalty, parameters with one, nested likelihoods', () => {
    const free = mapped(logits, fitMatrixScaling(logits, labels, 3, { lambda: 0, mu: 0 }), 3);
    const nll = meanNll(free, labels, 3).value;
    expect(nll).toBeCloseTo(scaling.nll.matrix, 9);
    const powers = [...free.subarray(0, 3)].map(Math.exp);
    close(
      powers.map((value) => value / powers.reduce((a, b) => a + b, 0)),
      scaling.firstRow,
      4,
    );
    const fitted = fitMatrixScaling(logits, labels, 3, { lambda: 0.1, mu: 0.1 });
    close(fitted, [...scaling.penalised.w.flat(), ...scaling.penalised.b], 5);
    const temperature = fitTemperature(Float32Array.from(logits), labels, 3);
    expect(temperature).toBeCloseTo(scaling.temperature, 5);
    const cooled = meanNll(
      logits.map((z) => z / temperature),
      labels,
      3,
    ).value;
    expect(cooled).toBeCloseTo(scaling.nll.temperature, 9);
    expect(nll).toBeLessThan(cooled);
  });
});

describe('binary maps', () => {
  test('Platt scaling', () => {
    const { f, y, a, c } = known.platt;
    const fitted = fitPlatt(f, is(y));
    expect(fitted.a).toBeCloseTo(a, 5);
    expect(fitted.c).toBeCloseTo(c, 5);
  });

  test('isotonic regression with equal scores, between the knots and outside', () => {
    const { p, y, asked, told } = known.isotonic;
    close(asked.map(isotonicMap(fitIsotonic(p, y))), told, 9);
  });

  test('beta calibration, with a parameter below 0 left out; a map that would fall is the share of positives', () => {
    for (const { p, y, asked, told } of [known.beta, known.betaDropped])
      close(asked.map(betaMap(fitBeta(p, is(y)))), told, 7);
    const map = betaMap(fitBeta([0.1, 0.2, 0.3, 0.6, 0.7, 0.9], is([1, 1, 0, 1, 0, 0])));
    for (const asks of [0.05, 0.5, 0.95]) expect(map(asks)).toBeCloseTo(0.5, 12);
  });

  test('histogram binning: shares of bins closed above, middles of empty ones; equal masses drop equal edges', () => {
    const told = [0, 0.1, 0.25, 0.25, 0.3, 0.9, 1];
    const map = fitHistogram(told, is([0, 1, 1, 0, 1, 1, 0]), { bins: 4, edges: 'widths' });
    // (0, .25]: 2 of 4, with 0 itself; (.25, .5]: 1 of 1; (.5, .75]: none; (.75, 1]: 1 of 2.
    close([0, 0.25, 0.26, 0.6, 0.8].map(map), [0.5, 0.5, 1, 0.625, 0.5], 12);
    const masses = fitHistogram([0.2, 0.2, 0.2, 0.8], is([0, 0, 1, 1]), { bins: 2, edges: 'masses' });
    close([0.2, 0.21].map(masses), [1 / 3, 1], 12);
  });

  test('of several classes: a row is divided by its sum, a row of zeros says nothing; two classes have one map', () => {
    const halves = calibrateOneVsRest([0.5, 0.3, 0.2], Int32Array.of(0), 3, () => (p) => (p > 0.4 ? p / 2 : 0));
    close(halves([0.5, 0.3, 0.2, 0.4, 0.3, 0.3]), [1, 0, 0, 1 / 3, 1 / 3, 1 / 3], 12);
    const positives: boolean[][] = [];
    const two = calibrateOneVsRest([0.7, 0.3], Int32Array.of(1), 2, (_, positive) => {
      positives.push([...positive]);
      return (p) => p ** 2;
    });
    close(two([0.5, 0.5]), [0.75, 0.25], 12);
    expect(positives).toEqual([[true]]);
  });
});

describe('conformal sets', () => {
  const { p, labels, u, ...answers } = known.conformal;
  const classes = p[0]?.length ?? 0;
  const fitted = p.length - 8;
  const setsOf = (score: ConformalScore, uniform: (row: number) => number, alpha = 0.1) => {
    const scores = conformalScores(p.flat(), classes, score, uniform);
    const threshold = conformalThreshold(scores, labels.slice(0, fitted), classes, alpha);
    const sets = Array.from({ length: 8 }, (_, row) =>
      Array.from({ length: classes }, (__, k) => k).filter(
        (k) => (scores[(fitted + row) * classes + k] ?? 0) <= threshold,
      ),
    );
    return { threshold, sets };
  };
  const drawn = (row: number): number => u[row] ?? Number.NaN;

  test.each([
    ['LAC', { kind: 'lac' }, drawn, answers.lac],
    ['APS', { kind: 'aps' }, drawn, answers.aps],
    ['APS, deterministic', { kind: 'aps' }, () => 1, answers.apsOne],
    ['RAPS', { kind: 'raps', lambda: 0.05, kReg: 2 }, drawn, answers.raps],
  ] as const)('%s', (_, score, uniform, wanted) => {
    const { threshold, sets } = setsOf(score, uniform);
    expect(threshold).toBeCloseTo(wanted.threshold, 9);
    expect(sets).toEqual(wanted.sets);
  });

  test('too few calibration rows: every label is in every set', () => {
    const { threshold, sets } = setsOf({ kind: 'lac' }, drawn, 0.01);
    expect(threshold).toBe(Infinity);
    expect(sets.every((set) => set.length === classes)).toBe(true);
  });

  test('cover k/(n+1) of exchangeable rows on average, whatever the model', () => {
    const source = stream(11, 'conformal');
    const [n, test, rounds, three] = [19, 40, 400, 3];
    let sum = 0;
    for (let round = 0; round < rounds; round += 1) {
      // A model that says nothing about the labels: its scores are exchangeable all the same.
      const scores = Float64Array.from({ length: (n + test) * three }, () => source.uniform());
      const of = Array.from({ length: n + test }, () => source.integer(three));
      const threshold = conformalThreshold(scores, of.slice(0, n), three, 0.1);
      sum += conformalCoverage(scores.subarray(n * three), of.slice(n), three, threshold).coverage / rounds;
    }
    // Beta(18, 2) of the calibration rows and a binomial share of the test rows.
    const sd = Math.sqrt((18 * 2) / (20 * 20 * 21) + (0.9 * 0.1) / test);
    expect(Math.abs(sum - 18 / 20)).toBeLessThan((4 * sd) / Math.sqrt(rounds));
  });
});
