import { describe, expect, test } from 'vitest';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { nearestKronecker } from '../../../../src-main/methods/continual/shared/kronecker.ts';

/** Of a sum of two Kronecker products the one nearest to it, against power iteration on the rearranged sum. */

const draws = stream(0, 'factors');
/** A Aᵀ of a random A. */
function spread(size: number): Float32Array {
  const a = Array.from({ length: size * size }, () => draws.normal());
  return Float32Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    return Array.from({ length: size }, (_k, k) => a[i * size + k] * a[j * size + k]).reduce((x, y) => x + y, 0);
  });
}
const outer = (a: ArrayLike<number>, b: ArrayLike<number>): number[] =>
  Array.from(a).flatMap((x) => Array.from(b, (y) => x * y));
const farthest = (found: readonly number[], expected: readonly number[]): number =>
  Math.max(...expected.map((value, i) => Math.abs(found[i] - value))) / Math.max(...expected.map(Math.abs));

describe('the nearest Kronecker product', () => {
  test('of a sum that is one, is the sum', () => {
    const [a, g, h] = [spread(3), spread(2), spread(2)];
    const { inputs, outputs } = nearestKronecker({ inputs: a, outputs: g }, { inputs: a, outputs: h });
    expect(
      farthest(
        outer(inputs, outputs),
        outer(
          a,
          Float32Array.from(g, (x, i) => x + h[i]),
        ),
      ),
    ).toBeLessThan(1e-6);
  });

  test('of nothing and a product, is the product', () => {
    const [a, g] = [spread(3), spread(2)];
    const none = { inputs: new Float32Array(9), outputs: new Float32Array(4) };
    const { inputs, outputs } = nearestKronecker(none, { inputs: a, outputs: g });
    expect(outer(inputs, outputs)).toEqual(outer(a, g));
  });

  test.each([1, 2, 3])('of two, number %i', () => {
    const [one, two] = [1, 2].map(() => ({ inputs: spread(3), outputs: spread(2) }));
    const all = outer(one.inputs, one.outputs).map((x, i) => x + outer(two.inputs, two.outputs)[i]);
    let right = Array.from({ length: 4 }, () => 1);
    let left: number[] = [];
    for (let i = 0; i < 2000; i++) {
      left = Array.from({ length: 9 }, (_, row) =>
        right.reduce((sum, x, column) => sum + x * all[4 * row + column], 0),
      );
      const length = Math.hypot(...left);
      left = left.map((x) => x / length);
      right = right.map((_, column) => left.reduce((sum, x, row) => sum + x * all[4 * row + column], 0));
    }
    const { inputs, outputs } = nearestKronecker(one, two);
    expect(farthest(outer(inputs, outputs), outer(left, right))).toBeLessThan(1e-5);
    expect(Math.hypot(...inputs)).toBeCloseTo(Math.hypot(...outputs), 4);
  });
});
