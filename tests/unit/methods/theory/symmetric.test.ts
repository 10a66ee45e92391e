import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { symmetricEigen, symmetricPseudoInverse } from '../../../../src-main/methods/theory/shared/symmetric.ts';

const product = (a: Float64Array, b: Float64Array, n: number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return Array.from({ length: n }, (_k, k) => a[i * n + k] * b[k * n + j]).reduce((sum, value) => sum + value, 0);
  });
const expectClose = (a: Float64Array, b: Float64Array, size = 1): void =>
  a.forEach((value, at) => expect(Math.abs(value - b[at])).toBeLessThan(1e-9 * Math.max(1, size)));

/** A symmetric matrix of rank at most `rank`. */
const symmetric = fc
  .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }))
  .chain(([n, rank]) =>
    fc.tuple(fc.constant(n), fc.array(fc.integer({ min: -9, max: 9 }), { minLength: n * rank, maxLength: n * rank })),
  )
  .map(([n, entries]) => {
    const rank = entries.length / n;
    const matrix = Float64Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      let sum = 0;
      for (let k = 0; k < rank; k += 1) sum += entries[k * n + i] * entries[k * n + j];
      return sum;
    });
    return { n, matrix };
  });

describe('symmetric matrices', () => {
  it('of two numbers, by hand: [[2, 1], [1, 2]] has 3 and 1', () => {
    const { values, vectors } = symmetricEigen(Float64Array.of(2, 1, 1, 2), 2);
    expect([...values].map((value) => Number(value.toFixed(12)))).toEqual([3, 1]);
    expect(Math.abs(vectors[0])).toBeCloseTo(Math.SQRT1_2, 12);
    expect(vectors[0]).toBeCloseTo(vectors[1], 12);
  });

  it('the pseudo-inverse of [[4, 2], [2, 1]], which has rank one, is itself through 25', () => {
    expectClose(symmetricPseudoInverse(Float64Array.of(4, 2, 2, 1), 2), Float64Array.of(0.16, 0.08, 0.08, 0.04));
  });

  it('have orthonormal vectors that give the matrix back', () => {
    fc.assert(
      fc.property(symmetric, ({ n, matrix }) => {
        const { values, vectors } = symmetricEigen(matrix, n);
        const back = new Float64Array(n * n);
        const dots = new Float64Array(n * n);
        for (let i = 0; i < n; i += 1)
          for (let j = 0; j < n; j += 1)
            for (let k = 0; k < n; k += 1) {
              back[i * n + j] += values[k] * vectors[k * n + i] * vectors[k * n + j];
              dots[i * n + j] += vectors[i * n + k] * vectors[j * n + k];
            }
        expectClose(back, matrix, Math.abs(values[0]));
        dots.forEach((value, at) => expect(value).toBeCloseTo(at % (n + 1) === 0 ? 1 : 0, 10));
        expect([...values]).toEqual([...values].sort((a, b) => b - a));
      }),
    );
  });

  it("have a pseudo-inverse with Penrose's properties", () => {
    fc.assert(
      fc.property(symmetric, ({ n, matrix }) => {
        const inverse = symmetricPseudoInverse(matrix, n);
        const size = Math.max(...matrix.map(Math.abs));
        expectClose(product(product(matrix, inverse, n), matrix, n), matrix, size * 100);
        const back = product(product(inverse, matrix, n), inverse, n);
        expectClose(back, inverse, Math.max(...inverse.map(Math.abs)) * 100);
      }),
    );
  });
});
