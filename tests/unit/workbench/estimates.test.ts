import { describe, expect, it } from 'vitest';
import { Estimates } from '../../../src-main/workbench/estimates.ts';
import type { WorkKind } from '../../../src-main/workbench/estimates.ts';

describe('estimates', () => {
  const kind = (suite: string, method: string, configuration = `${method}@1`, backend = 'wasm'): WorkKind => ({
    suite,
    method,
    configuration,
    backend,
  });

  it('know the same configuration on the suite, else the method, else the suite, else nothing', () => {
    const estimates = new Estimates([{ ...kind('s', 'a'), seconds: 10, n: 3 }]);
    expect(new Estimates().seconds(kind('s', 'a'))).toBeNull();
    estimates.learn(kind('s', 'a'), 30);
    estimates.learn(kind('s', 'a', 'a@long'), 65);
    estimates.learn(kind('s', 'b'), 5);
    expect(estimates.seconds(kind('s', 'a'))).toBe(15);
    expect(estimates.seconds(kind('s', 'a', 'a@long'))).toBe(65);
    expect(estimates.seconds(kind('s', 'a', 'a@new'))).toBe(25);
    expect(estimates.seconds(kind('s', 'c'))).toBe(15);
    expect(estimates.seconds(kind('s', 'a', 'a@1', 'tensorflow-cpu'))).toBeNull();
    expect(estimates.seconds(kind('t', 'a'))).toBeNull();
  });

  it('take what a running trial promises until one of its kind has finished', () => {
    const estimates = new Estimates();
    estimates.promise(kind('s', 'a'), 40);
    expect([
      estimates.seconds(kind('s', 'a')),
      estimates.seconds(kind('s', 'a', 'a@2')),
      estimates.seconds(kind('s', 'b')),
    ]).toEqual([40, 40, 40]);
    estimates.learn(kind('s', 'a'), 50);
    estimates.promise(kind('s', 'a'), 45);
    expect(estimates.seconds(kind('s', 'a'))).toBe(50);
  });

  it('are those of suites like it where nothing is known of its own, the same method first', () => {
    const estimates = new Estimates([
      { ...kind('s', 'a'), seconds: 10, n: 3 },
      { ...kind('t', 'b'), seconds: 20, n: 3 },
    ]);
    expect(estimates.nearest(kind('s', 'b'), ['t'])).toEqual(kind('s', 'b'));
    expect(estimates.nearest(kind('u', 'b'), ['s', 't'])).toEqual(kind('t', 'b'));
    expect(estimates.nearest(kind('u', 'c'), ['s', 't'])).toEqual(kind('s', 'c'));
    expect(estimates.nearest(kind('u', 'c'), [])).toEqual(kind('u', 'c'));
    expect([kind('s', 'a', 'a@new'), kind('s', 'b')].map((each) => estimates.knowsMethod(each))).toEqual([true, false]);
  });

  it('tell what preparing took from what every trial takes', () => {
    const estimates = new Estimates();
    estimates.learn(kind('s', 'a'), 1.0, 0.8);
    estimates.learn(kind('s', 'a'), 0.3);
    estimates.learn(kind('s', 'b'), 1.5, 0.4);
    expect(estimates.work(kind('s', 'a'), 3)).toEqual({ seconds: expect.closeTo(0.25), preparation: 0, count: 3 });
    expect(estimates.work(kind('s', 'a', 'a@2'), 3)).toEqual({
      seconds: expect.closeTo(0.25),
      preparation: 0.8,
      count: 3,
    });
    expect(estimates.work(kind('s', 'c'), 2)).toEqual({
      seconds: expect.closeTo((0.25 + 1.1) / 2),
      preparation: expect.closeTo(0.6),
      count: 2,
    });
    expect(estimates.work(kind('t', 'a'), 1)).toEqual({ seconds: null, preparation: 0, count: 1 });
    expect(estimates.workOf([kind('s', 'a'), kind('s', 'b'), kind('s', 'a')]).map(({ count }) => count)).toEqual([
      2, 1,
    ]);
  });
});
