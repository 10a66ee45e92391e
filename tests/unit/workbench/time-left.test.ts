import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Estimates } from '../../../src-main/workbench/estimates.ts';
import type { Work } from '../../../src-main/workbench/estimates.ts';
import { chooseNext } from '../../../src-main/workbench/scheduler.ts';
import type { QueuedTrial } from '../../../src-main/workbench/scheduler.ts';
import { timeLeft } from '../../../src-main/workbench/time-left.ts';

const trial = (id: string, position: number): QueuedTrial => ({
  id,
  suite: 's',
  method: id,
  configuration: `${id}@1`,
  backend: 'tensorflow-cpu',
  needs: [],
  needed: false,
  askedAt: 0,
  round: 0,
  position,
});

describe('the time left', () => {
  const work = (seconds: number | null, count = 1, preparation = 0): Work => ({ seconds, preparation, count });
  const own = (seconds: (number | null)[], workers: number): number | null =>
    timeLeft({ running: [], ahead: [], own: seconds.map((one) => work(one)) }, workers);

  it('is what the workers need, the longest first', () => {
    expect(own([10, 10, 10, 10], 2)).toBe(20);
    expect(own([30, 1], 4)).toBe(30);
    // Whole trials: 6 | 4 + 4, where 14 / 2 would say 7.
    expect(own([4, 6, 4], 2)).toBe(8);
    expect(own([1, null], 2)).toBeNull();
    expect(own([], 2)).toBe(0);
    expect(timeLeft({ running: [], ahead: [], own: [work(2, 5)] }, 2)).toBe(6);
  });

  it('counts what runs and what is served before, but ends with the last own trial', () => {
    // Worker 1: 5 (running) then 3 (own) = 8; worker 2: 20 of another study.
    expect(timeLeft({ running: [{ seconds: 5, own: true }], ahead: [work(20)], own: [work(3)] }, 2)).toBe(8);
    expect(timeLeft({ running: [{ seconds: 5, own: false }], ahead: [], own: [work(1)] }, 1)).toBe(6);
    expect(timeLeft({ running: [{ seconds: null, own: true }], ahead: [], own: [] }, 2)).toBeNull();
  });

  it('has what the first of its kind prepares', () => {
    // Worker 1: 4 + 2, then nothing; worker 2: 2 + 2 + 2.
    expect(timeLeft({ running: [], ahead: [], own: [work(2, 4, 4)] }, 2)).toBe(6);
  });

  it('is what the order of starting gives, for any lengths', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 1, max: 4 }),
        (lengths, workers) => {
          const estimates = new Estimates(lengths.map((seconds, i) => ({ ...trial(`m${i}`, i), seconds, n: 1 })));
          const left = new Map(lengths.map((_, i) => [`m${i}`, trial(`m${i}`, i)]));
          // Plays a study through as the runner does: whenever a worker is free it gets the next trial.
          const free = Array.from({ length: workers }, () => 0);
          while (left.size > 0) {
            const chosen = chooseNext(left.values(), { free: () => 1, estimates });
            if (chosen === null) return false;
            left.delete(chosen.id);
            const at = free.indexOf(Math.min(...free));
            free[at] = (free[at] ?? 0) + (lengths[chosen.position] ?? 0);
          }
          return own(lengths, workers) === Math.max(...free);
        },
      ),
    );
  });
});
