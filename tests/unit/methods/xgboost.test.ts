import { describe, expect, it } from 'vitest';
import { hasXgboost, XGBOOST } from '../../../src-main/engine/native/xgboost.ts';
import xgboost, { xgboostTrees } from '../../../src-main/methods/tables/xgboost.ts';
import { areaUnderCurve, logLoss, referenceTable } from '../../fixtures/tables/reference.ts';

/** XGBoost's own scores on ten folds of two tables, as its Python package gave them. */

it('says where it stands and how it is had', () => {
  expect(XGBOOST.numerics).toMatch(/^xgboost-3\.2\.0-([0-9a-f]{12}|none)$/);
  expect(xgboost.native).toBe(XGBOOST);
});

describe.skipIf(!hasXgboost())('XGBoost', () => {
  const values = { learningRate: 0.3, depth: 6, rowShare: 1, columnShare: 1, lambda: 1 };

  it.each(['german.data', 'car.csv'] as const)('on %s gives the scores of its Python package on every fold', (file) => {
    const { known, columns, classes, fold } = referenceTable(file);
    for (let at = 0; at < 10; at += 1) {
      const { train, test } = fold(at);
      const trees = xgboostTrees({ columns, train, classes }, values, 0);
      for (let i = 0; i < 100; i += 1) trees.update();
      const { values: logs, width } = trees.answer(test.rows);
      expect(width).toBe(classes);
      expect(logLoss(logs, test.classes, width)).toBeCloseTo(known.xgboost.logloss[at] ?? 0, 6);
      expect(areaUnderCurve(logs, test.classes, width)).toBeCloseTo(known.xgboost.auc[at] ?? 0, 6);
    }
  });

  it('refuses parameters that it does not know in its own words', () => {
    const { columns, classes, fold } = referenceTable('car.csv');
    const { train } = fold(0);
    const trees = xgboostTrees({ columns, train, classes }, { ...values, learningRate: -1 }, 0);
    expect(() => trees.update()).toThrow(/learning_rate|eta/);
  });
});
