import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collapse } from '../../../../src-main/methods/theory/shared/collapse.ts';
import { symmetricPseudoInverse } from '../../../../src-main/methods/theory/shared/symmetric.ts';

/** Four rows of two classes whose means are (2, 1) and (−2, −1). */
const two = {
  features: [3, 1, 1, 1, -2, 0, -2, -2],
  labels: [0, 0, 1, 1],
  answers: [0, 0, 1, 1],
  classes: 2,
  // [width × classes]: the columns are the means.
  weights: [2, -2, 1, -1],
};

describe('neural collapse, by hand', () => {
  it('two classes: Σ_W = I/2, Σ_B† = [[.16, .08], [.08, .04]], so NC1 = .1/2', () => {
    const measured = collapse(two);
    expect(measured.nc1).toBeCloseTo(0.05, 12);
    // Two centred means are opposite to each other: a simplex.
    expect(measured['nc2-norms']).toBeCloseTo(0, 12);
    expect(measured['nc2-angles']).toBeCloseTo(0, 12);
    expect(measured.nc3).toBeCloseTo(0, 12);
    expect(measured.nc4).toBe(0);
  });

  it('weights at right angles to the means are 2 away, opposite ones 4', () => {
    expect(collapse({ ...two, weights: [1, -1, -2, 2] }).nc3).toBeCloseTo(2, 12);
    expect(collapse({ ...two, weights: [-4, 4, -2, 2] }).nc3).toBeCloseTo(4, 12);
  });

  it('one row of four is answered otherwise than by the nearest mean', () => {
    expect(collapse({ ...two, answers: [0, 1, 1, 1] }).nc4).toBe(0.25);
  });

  it('three classes with means (1, 0), (0, 1), (−1, −1), which have no spread', () => {
    const measured = collapse({
      features: [1, 0, 0, 1, -1, -1],
      labels: [0, 1, 2],
      answers: [0, 1, 2],
      classes: 3,
      weights: [1, 0, -1, 0, 1, -1],
    });
    expect(measured.nc1).toBe(0);
    // Norms 1, 1, √2; cosines 0, −1/√2, −1/√2 against −1/2.
    expect(measured['nc2-norms']).toBeCloseTo(3 - 2 * Math.SQRT2, 12);
    expect(measured['nc2-angles']).toBeCloseTo((0.5 + 2 * (Math.SQRT1_2 - 0.5)) / 3, 12);
  });
});

/** Tr(Σ_W Σ_B†)/C as it is written, with matrices of width × width. */
function written(features: readonly number[], labels: readonly number[], classes: number): number {
  const rows = labels.length;
  const width = features.length / rows;
  const mean = (of: readonly number[]): number[] =>
    Array.from({ length: width }, (_, f) => of.reduce((sum, row) => sum + features[row * width + f], 0) / of.length);
  const means = Array.from({ length: classes }, (_, c) =>
    mean(labels.flatMap((label, row) => (label === c ? [row] : []))),
  );
  const global = Array.from({ length: width }, (_, f) => means.reduce((sum, one) => sum + one[f], 0) / classes);
  const covariance = (vectors: readonly number[][]): Float64Array =>
    Float64Array.from({ length: width * width }, (_, at) => {
      const [i, j] = [Math.floor(at / width), at % width];
      return vectors.reduce((sum, vector) => sum + vector[i] * vector[j], 0) / vectors.length;
    });
  const within = covariance(
    labels.map((label, row) => means[label].map((value, f) => features[row * width + f] - value)),
  );
  const inverse = symmetricPseudoInverse(
    covariance(means.map((one) => one.map((value, f) => value - global[f]))),
    width,
  );
  return (
    within.reduce((sum, value, at) => sum + value * inverse[(at % width) * width + Math.floor(at / width)], 0) / classes
  );
}

it('NC1 of any features is what its formula says when it is written out', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 60, maxLength: 60 }), (noise) => {
      const labels = Array.from({ length: 12 }, (_, row) => row % 3);
      // Means well apart, so that the formula is well conditioned.
      const features = noise.map((value, at) => value + (at % 5 === labels[Math.floor(at / 5)] ? 40 : 0));
      const { nc1 } = collapse({ features, labels, answers: labels, classes: 3, weights: new Float32Array(15) });
      expect(nc1).toBeCloseTo(written(features, labels, 3), 8);
    }),
  );
});
