import { describe, expect, it } from 'vitest';
import { hasLightgbm, LIGHTGBM } from '../../../src-main/engine/native/lightgbm.ts';
import lightgbm, { boosted } from '../../../src-main/methods/tables/lightgbm.ts';
import { areaUnderCurve, logLoss, referenceTable } from '../../fixtures/tables/reference.ts';

/**
 * LightGBM's own scores on ten folds of two tables, as its Python package gave them: the library is called through the
 * very functions that the method calls.
 */

it('says where it stands and how it is had', () => {
  expect(LIGHTGBM.numerics).toMatch(/^lightgbm-4\.7\.0-([0-9a-f]{12}|none)$/);
  expect(lightgbm.native).toBe(LIGHTGBM);
});

describe.skipIf(!hasLightgbm())('LightGBM', () => {
  const values = { learningRate: 0.1, leaves: 31, leafRows: 20, rowShare: 1, columnShare: 1, lambda: 0 };

  it.each([
    ['german.data', 'codes'],
    ['german.data', 'native'],
    ['car.csv', 'codes'],
    ['car.csv', 'native'],
  ] as const)('on %s, categories as %s, gives the scores of its Python package on every fold', (file, categories) => {
    const { known, columns, classes, fold } = referenceTable(file);
    for (let at = 0; at < 10; at += 1) {
      const { train, test } = fold(at);
      const trees = boosted({ columns, train }, classes, { ...values, categories }, 0);
      for (let i = 0; i < 100; i += 1) trees.update();
      const { values: logs, width } = trees.answer(test.rows);
      expect(width).toBe(classes);
      expect(logLoss(logs, test.classes, width)).toBeCloseTo(known[categories].logloss[at] ?? 0, 6);
      expect(areaUnderCurve(logs, test.classes, width)).toBeCloseTo(known[categories].auc[at] ?? 0, 6);
    }
  });
});
