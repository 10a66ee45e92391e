import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseNext, Estimates, timeLeft } from '../../../src-main/workbench/scheduler.ts';
import type { QueuedTrial } from '../../../src-main/workbench/scheduler.ts';

const trial = (id: string, more: Partial<QueuedTrial> = {}): QueuedTrial => ({ id, suite: 's', method: id, backend: 'tensorflow-cpu', needs: [], needed: false, askedAt: 0, position: 0, ...more });
const none = new Estimates();
const next = (queue: QueuedTrial[], done: string[] = [], estimates = none, free: (backend: string) => number = () => 1): string | undefined => chooseNext(queue, (id) => done.includes(id), free, estimates)?.id;

describe('the next trial', () => {
  it('is one whose artefacts are there', () => {
    const queue = [trial('ensemble', { needs: ['member'] }), trial('member', { needed: true, askedAt: 5 })];
    expect(next(queue)).toBe('member');
    expect(next([trial('ensemble', { needs: ['member'] })])).toBeUndefined();
    expect(next([trial('ensemble', { needs: ['member'] })], ['member'])).toBe('ensemble');
  });

  it('is of the oldest study, then what others wait for, then the longest, unknown lengths first', () => {
    const estimates = new Estimates([{ suite: 's', method: 'short', backend: 'tensorflow-cpu', seconds: 1, n: 1 }, { suite: 's', method: 'long', backend: 'tensorflow-cpu', seconds: 9, n: 1 }]);
    expect(next([trial('short'), trial('long')], [], estimates)).toBe('long');
    expect(next([trial('long'), trial('short', { needed: true })], [], estimates)).toBe('short');
    expect(next([trial('long', { askedAt: 2 }), trial('short', { askedAt: 1 })], [], estimates)).toBe('short');
    expect(next([trial('long'), trial('unknown', { suite: 'new' })], [], estimates)).toBe('unknown');
    expect(next([trial('a', { position: 1 }), trial('b', { position: 0 })])).toBe('b');
  });

  it('waits for a free place on its backend', () => {
    const free = (backend: string): number => (backend === 'tensorflow-gpu' ? 0 : 1);
    expect(next([trial('gpu', { backend: 'tensorflow-gpu' }), trial('cpu', { askedAt: 9 })], [], none, free)).toBe('cpu');
    expect(next([trial('gpu', { backend: 'tensorflow-gpu' })], [], none, free)).toBeUndefined();
  });

  it('always exists while something can run, and the queue empties in an order that respects every need', () => {
    fc.assert(fc.property(fc.array(fc.record({ needs: fc.array(fc.nat(30)), askedAt: fc.nat(3) }), { minLength: 1, maxLength: 30 }), (parts) => {
      // Needs point backwards, so that they hold no circle.
      const queue = parts.map(({ needs, askedAt }, index) => trial(String(index), { needs: needs.filter((need) => need < index).map(String), askedAt, position: index }));
      const done = new Set<string>();
      const left = new Map(queue.map((one) => [one.id, one]));
      while (left.size > 0) {
        const chosen = chooseNext(left.values(), (id) => done.has(id), () => 1, none);
        if (chosen === null) return false;
        if (!chosen.needs.every((need) => done.has(need))) return false;
        left.delete(chosen.id);
        done.add(chosen.id);
      }
      return true;
    }));
  });
});

describe('estimates', () => {
  it('know the same suite and method, else the suite, else nothing', () => {
    const estimates = new Estimates();
    expect(estimates.seconds('s', 'a', 'wasm')).toBeNull();
    estimates.learn('s', 'a', 'wasm', 10);
    estimates.learn('s', 'a', 'wasm', 20);
    estimates.learn('s', 'b', 'wasm', 1);
    expect(estimates.seconds('s', 'a', 'wasm')).toBe(15);
    expect(estimates.seconds('s', 'c', 'wasm')).toBe(8);
    expect(estimates.seconds('s', 'a', 'tensorflow-cpu')).toBeNull();
    expect(estimates.seconds('t', 'a', 'wasm')).toBeNull();
  });

  it('share the work out, but never less than the longest', () => {
    expect(timeLeft([10, 10, 10, 10], 2)).toBe(20);
    expect(timeLeft([30, 1], 4)).toBe(30);
    expect(timeLeft([1, null], 2)).toBeNull();
    expect(timeLeft([], 2)).toBe(0);
  });
});
