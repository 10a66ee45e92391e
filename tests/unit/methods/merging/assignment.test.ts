import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { maximumAssignment } from '../../../../src-main/methods/merging/shared/assignment.ts';

function bruteForce(gains: Float64Array, n: number): number {
  const best = (row: number, free: readonly number[]): number =>
    row === n
      ? 0
      : Math.max(
          ...free.map(
            (column) =>
              gains[row * n + column] +
              best(
                row + 1,
                free.filter((other) => other !== column),
              ),
          ),
        );
  return best(
    0,
    Array.from({ length: n }, (_, column) => column),
  );
}

const gainOf = (gains: Float64Array, n: number, columns: Int32Array): number =>
  columns.reduce((sum, column, row) => sum + gains[row * n + column], 0);

describe('maximumAssignment', () => {
  it('finds what trying every permutation finds, ties and negative gains included', () => {
    const matrix = fc.integer({ min: 1, max: 6 }).chain((n) =>
      fc.tuple(
        fc.constant(n),
        fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -100, max: 100, noNaN: true })), {
          minLength: n * n,
          maxLength: n * n,
        }),
      ),
    );
    fc.assert(
      fc.property(matrix, ([n, values]) => {
        const gains = Float64Array.from(values);
        const columns = maximumAssignment(gains, n);
        expect([...columns].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
        expect(gainOf(gains, n, columns)).toBeCloseTo(bruteForce(gains, n), 9);
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it('recovers a hidden permutation of 300 rows', () => {
    const n = 300;
    const hidden = stream(1, 'hidden').permutation(n);
    const source = stream(1, 'gains');
    const gains = Float64Array.from(
      { length: n * n },
      (_, at) => source.uniform() + (hidden[Math.floor(at / n)] === at % n ? 2 : 0),
    );
    expect([...maximumAssignment(gains, n)]).toEqual([...hidden]);
  });

  it('refuses what is no finite square matrix', () => {
    expect(() => maximumAssignment(new Float64Array(5), 2)).toThrow(RangeError);
    expect(() => maximumAssignment(Float64Array.of(1, Number.NaN, 1, 1), 2)).toThrow(/finite/);
  });
});
