import { expect, test } from 'vitest';
import { computeMetrics } from '../../../src-main/metrics/registry.ts';

const measured = (matrices: Record<string, number[][]>): Record<string, number> =>
  computeMetrics({ matrices, probabilities: {}, curves: [], scalars: {} });

test('an accuracy is a share of that of the task’s own expert, task by task, not of their means', () => {
  const values = measured({
    'accuracy.tasks': [[0.4, 0.9]],
    'accuracy.experts': [[0.8, 0.9]],
    'accuracy.start': [[0.2, 0.45]],
    'accuracy.unseen': [[0.3, 0.5]],
  });
  expect(values['acc.tasks']).toBeCloseTo(0.65, 12);
  // (0.4 / 0.8 + 0.9 / 0.9) / 2, where the ratio of the means would be 0.765.
  expect(values['acc.normalised']).toBeCloseTo(0.75, 12);
  expect(values['acc.normalised.start']).toBeCloseTo((0.25 + 0.5) / 2, 12);
  expect(values['acc.unseen']).toBeCloseTo(0.4, 12);
  expect([values['acc.task.1'], values['acc.task.2'], values['acc.task.3']]).toEqual([0.4, 0.9, undefined]);
});

test('nothing is said against experts that were not measured, or that got nothing right', () => {
  expect(measured({ 'accuracy.tasks': [[0.4, 0.9]] })['acc.normalised']).toBeUndefined();
  expect(measured({ 'accuracy.tasks': [[0.4, 0.9]], 'accuracy.experts': [[0.8]] })['acc.normalised']).toBeUndefined();
  expect(measured({ 'accuracy.tasks': [[0.4]], 'accuracy.experts': [[0]] })['acc.normalised']).toBeUndefined();
  expect(measured({ accuracy: [[1]] })['acc.tasks']).toBeUndefined();
});
