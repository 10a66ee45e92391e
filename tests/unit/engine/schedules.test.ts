import { describe, expect, it } from 'vitest';
import { schedule } from '../../../src-main/engine/optimisers/schedules.ts';

describe('schedule', () => {
  it('stays constant', () => expect([0, 1, 1e6].map(schedule({ kind: 'constant' }, 0.1))).toEqual([0.1, 0.1, 0.1]));

  it('drops at milestones', () => {
    const rate = schedule({ kind: 'step', milestones: [10, 20], factor: 0.5 }, 0.8);
    expect([0, 9, 10, 19, 20, 99].map(rate)).toEqual([0.8, 0.8, 0.4, 0.4, 0.2, 0.2]);
  });

  it('follows half a cosine and stays at its end', () => {
    const rate = schedule({ kind: 'cosine', steps: 100, final: 0.1 }, 1.1);
    expect(rate(0)).toBeCloseTo(1.1, 12);
    expect(rate(50)).toBeCloseTo(0.6, 12);
    expect(rate(100 / 3)).toBeCloseTo(0.1 + 0.75, 12); // cos 60° = ½
    expect(rate(100)).toBeCloseTo(0.1, 12);
    expect(rate(500)).toBeCloseTo(0.1, 12);
  });

  it('warms up linearly to the schedule', () => {
    const rate = schedule({ kind: 'constant' }, 0.4, 4);
    [0.1, 0.2, 0.3, 0.4, 0.4].forEach((expected, step) => expect(rate(step)).toBeCloseTo(expected, 12));
  });

  it('goes straight up and straight down', () => {
    const rate = schedule({ kind: 'triangle', rise: 150, steps: 1500 }, 0.05);
    // numpy.interp of these steps at [0, 150, 1500] for [0, .05, 0], as in REPAIR's notebook.
    const expected = [0, 0.025, 0.05, 0.05 - 0.05 / 1350, 0.025, 0];
    [0, 75, 150, 151, 825, 1500].map(rate).forEach((value, at) => expect(value).toBeCloseTo(expected[at], 12));
    expect(() => schedule({ kind: 'triangle', rise: 10, steps: 10 }, 1)).toThrow(/rises before its end/);
  });

  it('refuses impossible numbers', () => {
    expect(() => schedule({ kind: 'constant' }, 0)).toThrow(/learning rate/);
    expect(() => schedule({ kind: 'step', milestones: [5, 5], factor: 0.1 }, 1)).toThrow(/ascend/);
    expect(() => schedule({ kind: 'cosine', steps: 0 }, 1)).toThrow(/at least one step/);
    expect(() => schedule({ kind: 'constant' }, 1, 0.5)).toThrow(/Warm-up/);
  });
});
