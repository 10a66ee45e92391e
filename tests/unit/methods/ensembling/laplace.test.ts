import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  bestPrior,
  curvature,
  logMarginalLikelihood,
  probitScaled,
  STRUCTURES,
} from '../../../../src-main/methods/ensembling/shared/laplace.ts';
import { softmaxRows } from '../../../../src-main/methods/shared/softmax.ts';
import { insideOneNet } from '../../../fixtures/ensembling/inside-one-net.ts';

const matrix = z.array(z.array(z.number()));
const known = insideOneNet(
  'laplace_last_layer',
  z.looseObject({
    features: matrix,
    'W [class, feature]': matrix,
    b: z.array(z.number()),
    y: z.array(z.number()),
    'prior precision (weights and bias alike)': z.number(),
    'test features': matrix,
    'logit covariance, full': z.array(matrix),
    'logit covariance, diagonal': z.array(matrix),
    "logit covariance, KFAC (B = mean of diag p - p p', A = sum of [phi,1][phi,1]', prior added to the product)":
      z.array(matrix),
    'MAP probabilities': matrix,
    'probit-scaled probabilities full': matrix,
    diagonal: matrix,
    KFAC: matrix,
    'log marginal likelihood full, diagonal, KFAC': z.array(z.number()),
  }),
);
const [W, b, delta] = [known['W [class, feature]'], known.b, known['prior precision (weights and bias alike)']];
const classes = W.length;
const width = W[0].length + 1;
const logitsOf = (features: readonly number[]): number[] =>
  W.map((row, k) => row.reduce((sum, w, i) => sum + w * features[i], b[k]));
const softmax = (logits: readonly number[]): number[] => {
  const powers = logits.map(Math.exp);
  return powers.map((power) => power / powers.reduce((x, y) => x + y));
};
const rowsOf = (features: readonly (readonly number[])[]) => ({
  rows: features.length,
  width,
  classes,
  features: Float64Array.from(features.flatMap((row) => [...row, 1])),
  probabilities: Float64Array.from(features.flatMap((row) => softmax(logitsOf(row)))),
});
const parameters = Float64Array.from(W.flatMap((row, k) => [...row, b[k]]));
const logLikelihood = known.features.reduce((sum, row, i) => sum + Math.log(softmax(logitsOf(row))[known.y[i]]), 0);

const expected = {
  full: ['logit covariance, full', 'probit-scaled probabilities full', 0],
  diagonal: ['logit covariance, diagonal', 'diagonal', 1],
  kronecker: [
    "logit covariance, KFAC (B = mean of diag p - p p', A = sum of [phi,1][phi,1]', prior added to the product)",
    'KFAC',
    2,
  ],
} as const;

describe.each(STRUCTURES)('last-layer Laplace, %s', (structure) => {
  const [covariance, probit, at] = expected[structure];
  const posterior = curvature(structure, rowsOf(known.features))(delta);

  test('variances of logits, probabilities and marginal likelihood are the known ones', () => {
    known['test features'].forEach((row, i) => {
      const variances = posterior.variances(Float64Array.of(...row, 1));
      variances.forEach((variance, k) => expect(variance).toBeCloseTo(known[covariance][i][k][k], 8));
      const scaled = Float32Array.from(probitScaled(logitsOf(row), variances));
      softmaxRows(scaled, classes).forEach((p, k) => expect(p).toBeCloseTo(known[probit][i][k], 5));
    });
    const evidence = logMarginalLikelihood(posterior, { logLikelihood, parameters, delta });
    expect(evidence).toBeCloseTo(known['log marginal likelihood full, diagonal, KFAC'][at], 8);
  });

  test('with a large prior precision the answer is the network’s own', () => {
    const row = known['test features'][0];
    const scaled = probitScaled(
      logitsOf(row),
      curvature(structure, rowsOf(known.features))(1e12).variances(Float64Array.of(...row, 1)),
    );
    softmax([...scaled]).forEach((p, k) => expect(p).toBeCloseTo(known['MAP probabilities'][0][k], 8));
  });

  test('the chosen prior precision is not beaten by any of a grid', () => {
    const ofCurvature = curvature(structure, rowsOf(known.features));
    const evidence = (prior: number): number =>
      logMarginalLikelihood(ofCurvature(prior), { logLikelihood, parameters, delta: prior });
    const best = evidence(bestPrior(ofCurvature, parameters));
    for (let at = -4; at <= 4; at += 0.1) expect(evidence(10 ** at)).toBeLessThanOrEqual(best + 1e-3);
  });
});

test('of a single row the Kronecker form is the full matrix', () => {
  const one = rowsOf(known.features.slice(0, 1));
  const asked = Float64Array.of(...known['test features'][0], 1);
  const [full, kronecker] = (['full', 'kronecker'] as const).map((structure) =>
    curvature(structure, one)(delta).variances(asked),
  );
  full.forEach((variance, k) => expect(kronecker[k]).toBeCloseTo(variance, 9));
});
