import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MeasureKeeper, MOST_MEASURES, savedMeasures } from '../../../src-main/trial/measure-keeper.ts';
import type { MeasureEvent } from '../../../src-main/trial/measure-keeper.ts';

const point = (x: number, y: number, more: Partial<MeasureEvent> = {}): MeasureEvent => ({
  kind: 'measure',
  curve: 'accuracy.test',
  axis: 'step',
  x,
  y,
  ...more,
});

describe('measured points', () => {
  it('are kept as they were given, also through checkpoints', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 600 }),
        fc.integer({ min: 1, max: 97 }),
        (values, every) => {
          let keeper = new MeasureKeeper();
          values.forEach((y, i) => {
            expect(keeper.add(point(i, y))).toBe(true);
            if (i % every === 0)
              keeper = new MeasureKeeper(savedMeasures.parse(JSON.parse(JSON.stringify(keeper.save()))));
          });
          const [curve] = keeper.curves();
          expect(curve).toMatchObject({ name: 'accuracy.test', x: 'step' });
          expect(curve?.points).toEqual(values.map((y, i) => [i, y === 0 ? 0 : y]));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are none where a value is not finite', () => {
    const keeper = new MeasureKeeper();
    expect([Number.NaN, Number.POSITIVE_INFINITY, 2].map((y, i) => keeper.add(point(i, y)))).toEqual([
      false,
      false,
      true,
    ]);
    expect(keeper.curves()).toEqual([{ name: 'accuracy.test', x: 'step', points: [[2, 2]] }]);
  });

  it('are refused beyond the bound, also when they came from a checkpoint, in a sentence that says where', () => {
    let keeper = new MeasureKeeper();
    for (let x = 0; x < MOST_MEASURES - 1; x += 1) keeper.add(point(x, 1));
    keeper.add(point(0, 1, { curve: 'loss.test' }));
    keeper = new MeasureKeeper(keeper.save());
    expect(() => keeper.add(point(MOST_MEASURES, 1))).toThrow(
      'at most 20000 measured points; "accuracy.test" is beyond that at step 20000. Measure less often.',
    );
  });

  it('are refused where they go back, or change their axis', () => {
    const keeper = new MeasureKeeper();
    keeper.add(point(5, 1));
    expect(() => keeper.add(point(5, 1))).toThrow('"accuracy.test" has a point at step 5 after one at 5');
    expect(() => keeper.add(point(Number.NaN, 1))).toThrow('at step NaN');
    expect(() => keeper.add(point(6, 1, { axis: 'epoch' }))).toThrow('is measured by step');
  });
});
