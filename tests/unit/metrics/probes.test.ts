import { describe, expect, it } from 'vitest';
import { fall, firstReached, reachedForGood } from '../../../src-main/metrics/probes.ts';
import { computeMetrics } from '../../../src-main/metrics/registry.ts';
import type { Curve, Primitives } from '../../../src-main/metrics/primitives.ts';

const measured = (curves: readonly Curve[], scalars: Primitives['scalars'] = {}): Record<string, number> =>
  computeMetrics({ matrices: {}, probabilities: {}, curves, scalars });
const curve = (name: string, x: Curve['x'], ys: readonly number[]): Curve => ({
  name,
  x,
  points: ys.map((y, i) => [10 * (i + 1), y]),
});

describe('where a curve gets to', () => {
  it('for good counts from after the last fall; the first time does not', () => {
    const { points } = curve('a', 'step', [0.2, 0.99, 0.7, 0.995, 1]);
    expect([firstReached(points, 0.99), reachedForGood(points, 0.99)]).toEqual([20, 40]);
    expect([firstReached(points, 1.5), reachedForGood(points, 1.5)]).toEqual([null, null]);
    expect(reachedForGood(curve('a', 'step', [1, 1]).points, 0.99)).toBe(10);
    expect(reachedForGood([], 0.99)).toBeNull();
  });

  it('a fall to nothing is told from one to what can be told from nothing', () => {
    expect([fall(10, 2), fall(10, 0), fall(0, 0, 1), fall(0.01, 0, 0.001), fall(0.01, 0.002, 0.001)]).toEqual([
      5,
      null,
      null,
      10,
      5,
    ]);
  });
});

describe('grokking', () => {
  const train = curve('accuracy.train', 'step', [0.5, 0.99, 1, 1, 1, 1]);
  it('is the delay between the two halves of the table', () => {
    expect(measured([train, curve('accuracy.test', 'step', [0, 0, 0.1, 0.5, 0.94, 0.95])])).toEqual({
      'grokking.train99-step': 20,
      'grokking.test95-step': 60,
      'grokking.delay-steps': 40,
      'grokking.delay-ratio': 3,
    });
  });

  it('has no delay where the test half was never answered, nor of curves over epochs', () => {
    expect(measured([train, curve('accuracy.test', 'step', [0, 0.94])])).toEqual({ 'grokking.train99-step': 20 });
    expect(measured([curve('accuracy.train', 'epoch', [1, 1])])).toEqual({});
  });
});

describe('neural collapse', () => {
  const rows = { 'rows.train': 200 };
  it('compares the first epoch without a training error with the end', () => {
    const values = measured(
      [
        curve('error.train', 'epoch', [0.1, 0, 0.01, 0]),
        curve('nc1', 'epoch', [9, 4, 2, 0.5]),
        curve('nc4', 'epoch', [0.3, 0.05, 0.02, 0]),
      ],
      rows,
    );
    expect(values).toEqual({
      'collapse.zero-error-epoch': 20,
      'nc1.papyan20.zero-error': 4,
      'nc1.papyan20.end': 0.5,
      'nc1.papyan20.fall': 8,
      'nc4.papyan20.zero-error': 0.05,
      'nc4.papyan20.end': 0,
      // 10 rows fell to none, which counts as one.
      'nc4.papyan20.fall': 10,
    });
  });

  it('has no fall where an error is left, but an end', () => {
    expect(measured([curve('error.train', 'epoch', [0.1, 0.01]), curve('nc1', 'epoch', [9, 4])], rows)).toEqual({
      'nc1.papyan20.end': 4,
    });
  });
});
