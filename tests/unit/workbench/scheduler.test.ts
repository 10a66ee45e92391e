import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseNext, Estimates, timeLeft } from '../../../src-main/workbench/scheduler.ts';
import type { QueuedTrial, WorkKind, Work } from '../../../src-main/workbench/scheduler.ts';

const trial = (id: string, more: Partial<QueuedTrial> = {}): QueuedTrial => ({ id, suite: 's', method: id, configuration: `${id}@1`, backend: 'tensorflow-cpu', needs: [], needed: false, askedAt: 0, position: 0, ...more });
const none = new Estimates();
const next = (queue: QueuedTrial[], done: string[] = [], estimates = none, free: (backend: string) => number = () => 1): string | undefined => chooseNext(queue, { done: (id) => done.includes(id), free, estimates })?.id;

describe('the next trial', () => {
  it('is one whose artefacts are there', () => {
    const queue = [trial('ensemble', { needs: ['member'] }), trial('member', { needed: true, askedAt: 5 })];
    expect(next(queue)).toBe('member');
    expect(next([trial('ensemble', { needs: ['member'] })])).toBeUndefined();
    expect(next([trial('ensemble', { needs: ['member'] })], ['member'])).toBe('ensemble');
  });

  it('is of the oldest study, then what others wait for, then the longest, unknown lengths first', () => {
    const estimates = new Estimates([{ ...trial('short'), seconds: 1, n: 1 }, { ...trial('long'), seconds: 9, n: 1 }]);
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
        const chosen = chooseNext(left.values(), { done: (id) => done.has(id), free: () => 1, estimates: none });
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
  const kind = (suite: string, method: string, configuration = `${method}@1`, backend = 'wasm'): WorkKind => ({ suite, method, configuration, backend });

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
    expect([estimates.seconds(kind('s', 'a')), estimates.seconds(kind('s', 'a', 'a@2')), estimates.seconds(kind('s', 'b'))]).toEqual([40, 40, 40]);
    estimates.learn(kind('s', 'a'), 50);
    estimates.promise(kind('s', 'a'), 45);
    expect(estimates.seconds(kind('s', 'a'))).toBe(50);
  });

  it('tell what preparing took from what every trial takes', () => {
    const estimates = new Estimates();
    estimates.learn(kind('s', 'a'), 1.0, 0.8);
    estimates.learn(kind('s', 'a'), 0.3);
    estimates.learn(kind('s', 'b'), 1.5, 0.4);
    expect(estimates.work(kind('s', 'a'), 3)).toEqual({ seconds: expect.closeTo(0.25), preparation: 0, count: 3 });
    expect(estimates.work(kind('s', 'a', 'a@2'), 3)).toEqual({ seconds: expect.closeTo(0.25), preparation: 0.8, count: 3 });
    expect(estimates.work(kind('s', 'c'), 2)).toEqual({ seconds: expect.closeTo((0.25 + 1.1) / 2), preparation: expect.closeTo(0.6), count: 2 });
    expect(estimates.work(kind('t', 'a'), 1)).toEqual({ seconds: null, preparation: 0, count: 1 });
    expect(estimates.workOf([kind('s', 'a'), kind('s', 'b'), kind('s', 'a')]).map(({ count }) => count)).toEqual([2, 1]);
  });
});

describe('the time left', () => {
  const work = (seconds: number | null, count = 1, preparation = 0): Work => ({ seconds, preparation, count });
  const own = (seconds: (number | null)[], workers: number): number | null => timeLeft({ running: [], ahead: [], own: seconds.map((one) => work(one)) }, workers);

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
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 25 }), fc.integer({ min: 1, max: 4 }), (lengths, workers) => {
      const estimates = new Estimates(lengths.map((seconds, i) => ({ ...trial(`m${i}`), seconds, n: 1 })));
      const left = new Map(lengths.map((_, i) => [`m${i}`, trial(`m${i}`, { position: i })]));
      // Plays a study through as the runner does: whenever a worker is free it gets the next trial.
      const free = Array.from({ length: workers }, () => 0);
      while (left.size > 0) {
        const chosen = chooseNext(left.values(), { done: () => true, free: () => 1, estimates });
        if (chosen === null) return false;
        left.delete(chosen.id);
        const at = free.indexOf(Math.min(...free));
        free[at] = (free[at] ?? 0) + (lengths[chosen.position] ?? 0);
      }
      return own(lengths, workers) === Math.max(...free);
    }));
  });
});

const estimatesOf = (seconds: Record<string, number>): Estimates => new Estimates(Object.entries(seconds).map(([id, each]) => ({ ...trial(id), seconds: each, n: 1 })));

describe('long trials', () => {
  const chosen = (queue: QueuedTrial[], seconds: Record<string, number>, running: readonly string[]): string | undefined =>
    chooseNext(queue, { done: () => true, free: () => 1, estimates: estimatesOf(seconds), running: (kind) => running.filter((id) => kind === `tensorflow-cpu\ns\n${id}@1`).length })?.id;
  const seconds = { replay: 40, si: 30, ewc: 25, naive: 19 };
  const queue = [trial('naive'), trial('ewc'), trial('replay'), trial('si')];

  it('run beside others than their own kind, the longest of those first', () => {
    expect(chosen(queue, seconds, [])).toBe('replay');
    expect(chosen(queue, seconds, ['replay'])).toBe('si');
    expect(chosen(queue, seconds, ['replay', 'si'])).toBe('ewc');
    expect(chosen(queue, seconds, ['replay', 'si', 'ewc', 'replay'])).toBe('si');
  });

  it('of a length that is guessed go before those that are known, one of each', () => {
    const known = { ewc: 40, naive: 22 };
    expect(chosen(queue, known, ['ewc'])).toBe('replay');
    expect(chosen(queue, known, ['ewc', 'replay'])).toBe('si');
    expect(chosen(queue, known, ['ewc', 'replay', 'si'])).toBe('naive');
  });

  it('do not let one go first that is less than half as long, of a later study, or not waited for', () => {
    expect(chosen([trial('replay'), trial('naive')], seconds, ['replay'])).toBe('replay');
    expect(chosen([trial('replay'), trial('si', { askedAt: 1 })], seconds, ['replay'])).toBe('replay');
    expect(chosen([trial('replay', { needed: true }), trial('si')], seconds, ['replay'])).toBe('replay');
  });
});

describe('short trials', () => {
  const warm: Record<string, 'here' | 'elsewhere'> = { 'tensorflow-cpu\ns\nhere@1': 'here', 'tensorflow-cpu\ns\nbusy@1': 'elsewhere' };
  const chosen = (queue: QueuedTrial[], seconds: Record<string, number>): string | undefined =>
    chooseNext(queue, { done: () => true, free: () => 1, estimates: estimatesOf(seconds), warmth: (configuration) => warm[configuration] ?? 'nowhere' })?.id;
  const queue = [trial('busy'), trial('new'), trial('here')];

  it('come where their graphs are: in a free worker, else what no worker has run yet', () => {
    expect(chosen(queue, { busy: 3, new: 2, here: 1 })).toBe('here');
    expect(chosen(queue.slice(0, 2), { busy: 3, new: 2 })).toBe('new');
    expect(chosen(queue.slice(0, 1), { busy: 3 })).toBe('busy');
    expect(chosen([trial('here', { position: 2 }), trial('here', { position: 1 })], { here: 1 })).toBe('here');
  });

  it('wait for long ones, for which the longest comes first wherever it ran', () => {
    expect(chosen(queue, { busy: 30, new: 20, here: 1 })).toBe('busy');
    expect(chosen(queue, { busy: 30, new: 20, here: 40 })).toBe('here');
  });

  it('of unknown length: one method after the other, so that each length is known soon', () => {
    expect(chosen(queue, {})).toBe('here');
    expect(chosen(queue.slice(0, 2), {})).toBe('new');
  });
});
