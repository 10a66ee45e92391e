import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CurveKeeper, MOST_POINTS, savedCurves } from '../../../src-main/trial/curve-keeper.ts';

const place = (step: number) => ({ step, examples: 10 * step, epochs: step / 100, seconds: step / 7 });

describe('curves that a trial keeps', () => {
  it('are the same however often they were carried by a checkpoint, and never longer than the bound', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 1000 }),
        fc.integer({ min: 1, max: 97 }),
        (losses, every) => {
          const whole = new CurveKeeper();
          let interrupted = new CurveKeeper();
          losses.forEach((loss, i) => {
            whole.add({ loss }, place(i + 1));
            interrupted.add({ loss }, place(i + 1));
            if (i % every === 0)
              interrupted = new CurveKeeper(savedCurves.parse(JSON.parse(JSON.stringify(interrupted.save()))));
          });
          expect(interrupted.curves()).toEqual(whole.curves());
          const [curve] = whole.curves();
          expect(curve?.points.length).toBeLessThanOrEqual(MOST_POINTS);
          expect(curve?.points.length).toBeGreaterThanOrEqual(Math.min(losses.length, MOST_POINTS / 2));
          expect(curve?.points.at(-1)?.[0]).toBe(losses.length);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('hold means of what was measured: of 1, 2, … 400 the first point is that of 1 and 2, by hand 1.5', () => {
    const keeper = new CurveKeeper();
    for (let step = 1; step <= 400; step += 1) keeper.add({ loss: step }, place(step));
    const [curve] = keeper.curves();
    expect(curve?.points).toHaveLength(200);
    expect(curve?.points.slice(0, 2)).toEqual([
      [2, 1.5],
      [4, 3.5],
    ]);
    expect(curve?.axes?.examples?.slice(0, 2)).toEqual([20, 40]);
    expect(curve?.axes?.epoch?.slice(0, 2)).toEqual([0.02, 0.04]);
  });

  it('leave out what is no number', () => {
    const keeper = new CurveKeeper();
    keeper.add({ loss: 1, norm: Infinity }, place(1));
    keeper.add({ loss: Number.NaN }, place(2));
    expect(keeper.curves().map(({ name, points }) => [name, points.length])).toEqual([['loss', 1]]);
  });
});
