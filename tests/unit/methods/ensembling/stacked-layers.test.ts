import { describe, expect, test } from 'vitest';
import type { HostLearner } from '../../../../src-main/methods/ensembling/shared/host-learners.ts';
import { beside, LEARNERS } from '../../../../src-main/methods/ensembling/shared/host-learners.ts';
import { stackedLayers } from '../../../../src-main/methods/ensembling/shared/stacked-layers.ts';

const settings = { layers: 1, folds: 4, repeats: 1, size: 5, answers: 'out-of-fold' } as const;

/** Rows that are told apart by their only column, with labels that follow from nothing. */
const rows = 24;
const x = { rows, width: 1, values: Float64Array.from({ length: rows }, (_, row) => row) };
const labels = Int32Array.from({ length: rows }, (_, row) => (row * 7 + (row >> 2)) % 2);

/** Says the label of a row that it was fitted to, and nothing of any other. */
const memory: HostLearner = {
  name: 'memory',
  fit(own, known) {
    const labelOf = new Map(Array.from(known, (label, row) => [own.values[row * own.width], label]));
    return ({ rows: asked, width, values }) =>
      Float64Array.from({ length: 2 * asked }, (_, at) => {
        const label = labelOf.get(values[(at >> 1) * width] ?? Number.NaN);
        return label === undefined ? 0.5 : Number(label === at % 2);
      });
  },
};

describe('multi-layer stacking', () => {
  test('answers out of fold know nothing of their row; answers in fold do', () => {
    const { told } = stackedLayers({ x, labels, classes: 2 }, [memory], settings, 'a');
    expect([...told].every((share) => share === 0.5)).toBe(true);
    const leak = stackedLayers({ x, labels, classes: 2 }, [memory], { ...settings, answers: 'in-fold' }, 'a');
    // Three models of four had the row: (3 · 1 + 0.5) / 4.
    for (const [row, label] of labels.entries()) expect(leak.told[2 * row + label]).toBeCloseTo(0.875, 12);
  });

  test('asked rows are answered by the mean of a bag, through as many layers as there are', () => {
    const { shares, weights } = stackedLayers({ x, labels, classes: 2 }, [memory], { ...settings, layers: 3 }, 'a');
    expect(weights).toEqual([1]);
    const answers = shares(x);
    for (const [row, label] of labels.entries()) expect(answers[2 * row + label]).toBeCloseTo(0.875, 12);
  });

  test('the next layer sees the columns, then what each model says', () => {
    const told = [Float64Array.of(0.1, 0.9, 0.2, 0.8), Float64Array.of(0.3, 0.7, 0.4, 0.6)];
    expect(Array.from(beside({ rows: 2, width: 1, values: [5, 6] }, told, 2).values)).toEqual([
      5, 0.1, 0.9, 0.3, 0.7, 6, 0.2, 0.8, 0.4, 0.6,
    ]);
  });

  test('the learners give distributions, and tell apart what can be told apart', () => {
    const wide = Float64Array.from({ length: 120 }, (_, at) => (at % 2 === 0 ? (at >> 1) % 3 : Math.sin(at)));
    const given = { rows: 60, width: 2, values: wide };
    const of = Int32Array.from({ length: 60 }, (_, row) => row % 3);
    for (const learner of LEARNERS) {
      const shares = learner.fit(given, of, 3, 'a')(given);
      let right = 0;
      for (let row = 0; row < 60; row += 1) {
        const own = [...shares.subarray(3 * row, 3 * row + 3)];
        expect(own.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
        if (own.indexOf(Math.max(...own)) === row % 3) right += 1;
      }
      expect(right, learner.name).toBeGreaterThan(45);
    }
  });
});
