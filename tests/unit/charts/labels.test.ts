import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { placeLabels, type Box } from '../../../src-renderer/charts/options/labels.ts';

const area: Box = { left: 0, top: 0, right: 600, bottom: 300 };
const overlap = (a: Box, b: Box): boolean =>
  Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1e-9 &&
  Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1e-9;

describe('names beside points', () => {
  it('never overlap, hide no point and stay inside, however close the points are', () => {
    const points = fc.array(
      fc.record({
        // Few places: many points share one, as methods of equal cost do.
        x: fc.integer({ min: 0, max: 6 }).map((place) => place * 100),
        y: fc.double({ min: 0, max: 300, noNaN: true }),
        width: fc.integer({ min: 20, max: 160 }),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(points, (given) => {
        const all = given.map((point, i) => ({ ...point, key: String(i), radius: 5, height: 13 }));
        const placed = placeLabels(all, area);
        placed.forEach((label, i) => {
          for (const other of placed.slice(i + 1)) expect(overlap(label, other)).toBe(false);
          for (const { key, x, y } of all)
            if (key !== label.key)
              expect(overlap(label, { left: x - 5, right: x + 5, top: y - 5, bottom: y + 5 })).toBe(false);
          expect(label.left >= 0 && label.right <= 600 && label.top >= 0 && label.bottom <= 300).toBe(true);
        });
      }),
    );
  });
  it('go to who comes first; a point alone always has its name', () => {
    const twins = ['first', 'second'].map((key) => ({ key, x: 300, y: 150, radius: 5, width: 700, height: 13 }));
    expect(placeLabels(twins, area)).toEqual([]);
    const crowd = Array.from({ length: 40 }, (_, i) => ({
      key: String(i),
      x: 300,
      y: 150 + i / 10,
      radius: 5,
      width: 80,
      height: 13,
    }));
    const placed = placeLabels(crowd, area).map(({ key }) => key);
    expect(placed).toContain('0');
    expect(placed.length).toBeLessThan(crowd.length);
    expect(placeLabels(crowd.slice(0, 1), area)).toHaveLength(1);
  });
});
