import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { maximumAssignment } from '../../../../src-main/methods/merging/shared/assignment.ts';
import { uniformTransport } from '../../../../src-main/methods/merging/shared/transport.ts';

const costOf = (plan: Float64Array, costs: Float64Array, columns: number): number =>
  plan.reduce((sum, share, at) => sum + (share / columns) * costs[at], 0);

/** Masses are made equal by copying every row and column; an assignment of the copies is an optimal plan. */
function byCopies(costs: Float64Array, rows: number, columns: number): number {
  const n = rows * columns;
  const gains = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1)
    for (let j = 0; j < n; j += 1) gains[i * n + j] = -costs[Math.floor(i / columns) * columns + Math.floor(j / rows)];
  return maximumAssignment(gains, n).reduce((sum, column, row) => sum - gains[row * n + column], 0) / n;
}

describe('uniformTransport', () => {
  it('costs what an assignment of copies of equal mass costs, and keeps every mass', () => {
    const problem = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })).chain(([rows, columns]) =>
      fc.tuple(
        fc.constant(rows),
        fc.constant(columns),
        fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.double({ min: -9, max: 9, noNaN: true })), {
          minLength: rows * columns,
          maxLength: rows * columns,
        }),
      ),
    );
    fc.assert(
      fc.property(problem, ([rows, columns, values]) => {
        const costs = Float64Array.from(values);
        const plan = uniformTransport(costs, rows, columns);
        for (let column = 0; column < columns; column += 1) {
          const taken = plan.filter((_, at) => at % columns === column).reduce((a, b) => a + b, 0);
          expect(taken).toBeCloseTo(1, 12);
        }
        for (let row = 0; row < rows; row += 1) {
          const sent = plan.subarray(row * columns, (row + 1) * columns).reduce((a, b) => a + b, 0);
          expect(sent / columns).toBeCloseTo(1 / rows, 12);
        }
        expect(costOf(plan, costs, columns)).toBeCloseTo(byCopies(costs, rows, columns), 9);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('is the assignment where both sides have 200 units', () => {
    const n = 200;
    const source = stream(2, 'costs');
    const costs = Float64Array.from({ length: n * n }, () => source.uniform());
    const columns = maximumAssignment(
      costs.map((cost) => -cost),
      n,
    );
    const expected = new Float64Array(n * n);
    columns.forEach((column, row) => {
      expected[row * n + column] = 1;
    });
    expect(uniformTransport(costs, n, n)).toEqual(expected);
  });

  it('refuses costs that are not finite or too few', () => {
    expect(() => uniformTransport(new Float64Array(5), 2, 3)).toThrow(/6 entries; got 5/);
    expect(() => uniformTransport(Float64Array.of(1, Infinity), 1, 2)).toThrow(/finite/);
  });
});
