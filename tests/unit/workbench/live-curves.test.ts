import { expect, test } from 'vitest';
import { LiveCurves } from '../../../src-main/workbench/live-curves.ts';

test('what a trial has measured so far is kept, bounded, and forgotten with the trial', () => {
  const live = new LiveCurves();
  for (let x = 0; x < 10_000; x++) live.add('one', 'loss', { x, y: 1 / (x + 1) });
  live.add('one', 'accuracy', { x: 0, y: 0.5, places: { seconds: 3, examples: 8 } });
  live.add('one', 'accuracy', { x: 1, y: 0.6, places: { seconds: 4 } });
  live.add('two', 'loss', { x: 0, y: 3 });
  const [loss, accuracy] = live.of('one');
  expect([loss?.name, loss?.points[0], loss?.points.at(-1)]).toEqual(['loss', [0, 1], [9999, 1 / 10_000]]);
  expect(loss?.points.length).toBeGreaterThan(90);
  expect(loss?.points.length).toBeLessThanOrEqual(200);
  // What one point does not know is no axis.
  expect(accuracy).toEqual({
    name: 'accuracy',
    x: 'step',
    points: [
      [0, 0.5],
      [1, 0.6],
    ],
    axes: { seconds: [3, 4] },
  });
  live.forget('one');
  expect([live.of('one'), live.of('two').length]).toEqual([[], 1]);
});

test('a method that names endless curves fills no memory', () => {
  const live = new LiveCurves();
  for (let i = 0; i < 1000; i++) live.add('one', `curve ${i}`, { x: 0, y: 0 });
  live.add('one', 'curve 3', { x: 1, y: 1 });
  expect(live.of('one')).toHaveLength(40);
  expect(live.of('one')[3]?.points).toHaveLength(2);
});
