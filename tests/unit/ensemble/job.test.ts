import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runEnsemble } from '../../../src-main/ensemble/job.ts';
import type { EnsembleRequest } from '../../../src-main/ensemble/job.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ensemble-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const csv = (name: string, rows: readonly (readonly number[])[]): string => {
  const target = path.join(folder, `${name}.csv`);
  writeFileSync(target, `${rows.map((row) => row.join(',')).join('\n')}\n`);
  return target;
};
/** Computed by numpy and scipy: see the fixtures' sources. */
const known: {
  greedy: { probabilities: number[][][]; labels: number[]; nll: { order: number[]; trajectory: number[] } };
} = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../../fixtures/methods/ensembling/known-answers.json'), 'utf8'),
);
const stacked: { x: number[][]; y: number[]; convex: number[]; kept: number[]; metaErrors: number[] } = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../../fixtures/methods/ensembling/stacking.json'), 'utf8'),
);

const column = (values: readonly number[]): number[][] => values.map((value) => [value]);
const classes: EnsembleRequest = {
  method: 'greedy',
  settings: { size: 10, initial: 0 },
  kind: null,
  validation: known.greedy.probabilities.map((rows, i) => csv(`model-${i}`, rows)),
  labels: csv('labels', column(known.greedy.labels)),
  test: [],
  testLabels: null,
};
const numbers: EnsembleRequest = {
  ...classes,
  method: 'model-averaging',
  settings: {},
  validation: stacked.convex.map((_, j) => csv(`number-${j}`, column(stacked.x.map((row) => row[j] ?? Number.NaN)))),
  labels: csv('y', column(stacked.y)),
};

describe('touchstone ensemble', () => {
  test('greedy selection takes the known path and keeps its best beginning', async () => {
    const { path: steps, weights, kind, predictions } = await runEnsemble(classes, '0');
    expect(kind).toBe('probabilities');
    expect(steps?.order).toEqual(known.greedy.nll.order);
    steps?.losses.forEach((loss, i) => expect(loss).toBeCloseTo(known.greedy.nll.trajectory[i] ?? Number.NaN, 9));
    // Best after seven: 2, 4, 2, 4, 3, 4, 2.
    [0, 0, 3 / 7, 1 / 7, 3 / 7].forEach((weight, i) => expect(weights?.[i]).toBeCloseTo(weight, 12));
    expect(predictions).toBeNull();
  });

  test('numbers: convex weights, and what they make of test rows', async () => {
    const test = stacked.convex.map((_, j) => csv(`test-${j}`, [[j]]));
    const { weights, predictions, validation } = await runEnsemble({ ...numbers, test }, '0');
    stacked.convex.forEach((weight, j) => expect(weights?.[j]).toBeCloseTo(weight, 5));
    expect(predictions?.[0]?.[0]).toBeCloseTo(
      stacked.convex.reduce((sum, weight, j) => sum + weight * j, 0),
      4,
    );
    expect(validation.disagreement).toBeNull();
  });

  test('regularised meta-learning leaves out the model that another tells again, as scikit-learn has it', async () => {
    const { parameters, validation, predictions } = await runEnsemble(
      { ...numbers, method: 'regularised-meta', test: numbers.validation },
      '0',
    );
    expect(parameters?.['kept']).toEqual(stacked.kept);
    const errors = parameters?.['rmse out of fold'];
    // Ours stops where scikit-learn's defaults do; the fixture's lasso and elastic net went on.
    [6, 2, 2].forEach((digits, i) =>
      expect(Array.isArray(errors) ? errors[i] : null).toBeCloseTo(stacked.metaErrors[i] ?? Number.NaN, digits),
    );
    expect(validation.ensemble['rmse']).toBeLessThan(validation.average['rmse'] ?? 0);
    expect(predictions?.length).toBe(30);
  });

  test('every method of classes gives distributions; test labels change none', async () => {
    for (const method of [
      'average',
      'stacking',
      'cross-validated',
      'temperature',
      'vector',
      'isotonic',
      'beta',
      'conformal',
    ]) {
      const request = { ...classes, method, settings: {}, test: classes.validation };
      const blind = await runEnsemble(request, '0');
      for (const row of blind.predictions ?? []) expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
      const judged = await runEnsemble({ ...request, testLabels: classes.labels }, '0');
      expect(judged.predictions).toEqual(blind.predictions);
      expect(judged.test?.ensemble).toEqual(judged.validation.ensemble);
    }
  });

  test('refuses by name: methods, settings, kinds, numbers of files', async () => {
    await expect(runEnsemble({ ...classes, method: 'gredy' }, '0')).rejects.toThrow(/Did you mean "greedy"/);
    await expect(runEnsemble({ ...classes, settings: { sise: 3 } }, '0')).rejects.toThrow(
      /--set: .*"sise"\. Settings of greedy: size, initial, best\.$/,
    );
    await expect(runEnsemble({ ...classes, testLabels: classes.labels }, '0')).rejects.toThrow(/no test predictions/);
    await expect(runEnsemble({ ...numbers, method: 'temperature' }, '0')).rejects.toThrow(/number-0\.csv/);
    await expect(runEnsemble({ ...classes, test: classes.validation.slice(1) }, '0')).rejects.toThrow(/5 files/);
    await expect(
      runEnsemble({ ...classes, validation: [...classes.validation, numbers.validation[0] ?? ''] }, '0'),
    ).rejects.toThrow(/number-0\.csv: expected 24 rows × 3/);
  });

  test('says which predictions are there twice, among the models or among test rows', async () => {
    const [first = ''] = classes.validation;
    const copy = csv('copy', known.greedy.probabilities[0] ?? []);
    const { note } = await runEnsemble({ ...classes, validation: [first, copy], test: [copy, first] }, '0');
    expect(note).toMatch(/copy\.csv says the same as .*model-0\.csv: it counts twice\. Test predictions .*copy\.csv/);
    expect((await runEnsemble(classes, '0')).note).not.toMatch(/twice|Test/);
  });
});
