import { describe, expect, it } from 'vitest';
import {
  curveFrame,
  isBandCut,
  isShareCurve,
  logChoices,
  offeredX,
  placedOver,
} from '../../../../src-main/metrics/pictures/curves.ts';

const points = [
  { x: 1, y: 2 },
  { x: 10, y: 0.5 },
  { x: 100, y: 0.1 },
];
const axes = { examples: [128, 1280, 12_800], seconds: [0.1, 0.5, 3] };

it('knows which curves are shares', () =>
  expect(
    ['accuracy', 'accuracy on task 1', 'interpolation.accuracy.test', 'loss', 'interpolation.loss.test'].map(
      isShareCurve,
    ),
  ).toEqual([true, true, true, false, false]));

describe('what curves are drawn over', () => {
  it('is offered where every curve knows it', () => {
    expect(offeredX([{ x: 'step', points, axes }])).toEqual(['step', 'examples', 'seconds']);
    expect(
      offeredX([
        { x: 'step', points, axes },
        { x: 'step', points, axes: { seconds: [1, 2, 3] } },
      ]),
    ).toEqual(['step', 'seconds']);
    // A curve that has not begun does not forbid anything.
    expect(
      offeredX([
        { x: 'step', points, axes },
        { x: 'step', points: [], axes: {} },
      ]),
    ).toHaveLength(3);
  });
  it('is not offered where there is one x only', () => {
    expect(offeredX([{ x: 'task', points }])).toEqual([]);
    expect(offeredX([{ x: 'step', points }])).toEqual([]);
    expect(offeredX([])).toEqual([]);
  });
  it('moves the points, whose heights stay', () => {
    const curve = { x: 'step', points, axes };
    expect(placedOver(curve, 'examples').map(({ x, y }) => [x, y])).toEqual([
      [128, 2],
      [1280, 0.5],
      [12_800, 0.1],
    ]);
    expect(placedOver(curve, 'epoch')).toBe(points);
    expect(placedOver({ x: 'task', points, axes }, 'seconds')).toBe(points);
  });
});

describe('the frame of curves', () => {
  it('is logarithmic where that is wished for and possible', () => {
    const { x, y } = curveFrame([points], { logX: true, logY: true });
    expect([x.log, y.log]).toEqual([true, true]);
    expect(x.ticks.labels).toEqual(['1', '2', '5', '10', '20', '50', '100']);
    const zero = curveFrame([[...points, { x: 0, y: 0 }]], { logX: true, logY: true });
    expect([zero.x.log, zero.y.log]).toEqual([false, false]);
    expect(logChoices([[{ x: 3, y: 1 }]])).toEqual({ x: false, y: false });
  });
  it('follows the means: a wide band does not flatten them', () => {
    const flat = points.map((point) => ({ ...point, low: point.y - 1000, high: point.y + 1000 }));
    const { y } = curveFrame([flat]);
    expect(y.high).toBeLessThan(4);
    expect(y.low).toBeGreaterThan(-2);
  });
  it('holds the bands where the picture is about them, and knows when it cannot', () => {
    const banded = (wide: number) => points.map((point) => ({ ...point, low: point.y - wide, high: point.y + wide }));
    const frame = (wide: number) => curveFrame([banded(wide)], { holdsBands: true }).y;
    expect(frame(10).low).toBeLessThan(0.1 - 10);
    expect(frame(10).high).toBeGreaterThan(2 + 10);
    expect(isBandCut(banded(10), frame(10), false)).toBe(false);
    expect(frame(1000).high).toBeLessThan(40);
    expect(isBandCut(banded(1000), frame(1000), false)).toBe(true);
    // No share is above 1: what is there of its interval is no loss.
    expect(isBandCut([{ low: 0.9, high: 1.2 }], { low: 0.8, high: 1 }, true)).toBe(false);
  });
  it('keeps shares between 0 and 1, and tells small differences apart', () => {
    const shares = [
      { x: 1, y: 0.991 },
      { x: 2, y: 1 },
    ];
    const { y, x } = curveFrame([shares], { scale: 100, integerX: true });
    expect(y.high).toBe(1);
    expect(new Set(y.ticks.labels).size).toBe(y.ticks.labels.length);
    expect(y.ticks.labels).toEqual(['99.2', '99.4', '99.6', '99.8', '100.0']);
    expect(x.ticks.labels).toEqual(['1', '2']);
  });
});
