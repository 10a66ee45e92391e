import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Estimates } from '../../../src-main/workbench/estimates.ts';
import { chooseNext, ENDING_TRIALS } from '../../../src-main/workbench/scheduler.ts';
import type { Circumstances, QueuedTrial } from '../../../src-main/workbench/scheduler.ts';
import { timeLeft } from '../../../src-main/workbench/time-left.ts';
import { TrialQueue } from '../../../src-main/workbench/trial-queue.ts';

const trial = (id: string, more: Partial<QueuedTrial> = {}): QueuedTrial => ({
  id,
  suite: 's',
  method: id,
  configuration: `${id}@1`,
  backend: 'tensorflow-cpu',
  needs: [],
  needed: false,
  askedAt: 0,
  round: 0,
  position: 0,
  ...more,
});
const none = new Estimates();

/** What is chosen from a queue, as the runner does it: from the contenders that the queue names. */
function choose(
  trials: Iterable<QueuedTrial>,
  { done = () => true, ...circumstances }: Circumstances & { readonly done?: (id: string) => boolean },
): QueuedTrial | null {
  const queue = new TrialQueue();
  for (const each of trials)
    queue.add(
      each,
      each.needs.filter((needed) => !done(needed)),
    );
  const enough = ENDING_TRIALS * (circumstances.workers?.('tensorflow-cpu').count ?? 1);
  const backends = queue.backends.filter((backend) => circumstances.free(backend) > 0);
  return chooseNext(
    queue.contenders(backends, enough, () => true),
    circumstances,
  );
}
const next = (
  queue: QueuedTrial[],
  done: string[] = [],
  estimates = none,
  free: (backend: string) => number = () => 1,
): string | undefined => choose(queue, { done: (id) => done.includes(id), free, estimates })?.id;

describe('the next trial', () => {
  it('is one whose artefacts are there', () => {
    const queue = [trial('ensemble', { needs: ['member'] }), trial('member', { needed: true, askedAt: 5 })];
    expect(next(queue)).toBe('member');
    expect(next([trial('ensemble', { needs: ['member'] })])).toBeUndefined();
    expect(next([trial('ensemble', { needs: ['member'] })], ['member'])).toBe('ensemble');
  });

  it('is of the oldest study, then what others wait for, then the longest, unknown lengths first', () => {
    const estimates = new Estimates([
      { ...trial('short'), seconds: 1, n: 1 },
      { ...trial('long'), seconds: 9, n: 1 },
    ]);
    expect(next([trial('short'), trial('long')], [], estimates)).toBe('long');
    expect(next([trial('long'), trial('short', { needed: true })], [], estimates)).toBe('short');
    expect(next([trial('long', { askedAt: 2 }), trial('short', { askedAt: 1 })], [], estimates)).toBe('short');
    expect(next([trial('long'), trial('unknown', { suite: 'new' })], [], estimates)).toBe('unknown');
    expect(next([trial('a', { position: 1 }), trial('b', { position: 0 })])).toBe('b');
  });

  it('is of the lowest seed: of every method, whatever the lengths, and of the artefacts they wait for', () => {
    const estimates = new Estimates([
      { ...trial('short'), seconds: 1, n: 1 },
      { ...trial('long'), seconds: 9, n: 1 },
    ]);
    const of = (method: string, round: number, more: Partial<QueuedTrial> = {}): QueuedTrial => ({
      ...trial(method, { round, ...more }),
      id: `${method} ${round}`,
    });
    const queue = [of('long', 2), of('long', 1), of('short', 1), of('short', 2), of('short', 0)];
    expect(next(queue, [], estimates)).toBe('short 0');
    expect(next(queue.slice(0, 4), [], estimates)).toBe('long 1');
    // What seed 1 waits for does not go before what seed 0 can run.
    expect(next([...queue, of('other', 1, { needed: true })], [], estimates)).toBe('short 0');
  });

  it('runs all seeds of every method in rounds, but the last two trials of each worker as fit best', () => {
    const trials = [0, 1, 2, 3, 4].flatMap((round) =>
      ['a', 'b', 'c'].map((method) => ({ ...trial(method, { round }), id: `${method}${round}` })),
    );
    const left = new Map([...trials].reverse().map((each) => [each.id, each]));
    const order: number[] = [];
    while (left.size > 0) {
      const chosen = choose(left.values(), {
        free: () => 1,
        estimates: none,
        workers: () => ({ count: 2, left: [] }),
      });
      if (chosen === null) throw new Error('nothing was chosen');
      left.delete(chosen.id);
      order.push(chosen.round);
    }
    expect(order.slice(0, 11)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3]);
  });

  it('waits for a free place on its backend', () => {
    const free = (backend: string): number => (backend === 'tensorflow-gpu' ? 0 : 1);
    expect(next([trial('gpu', { backend: 'tensorflow-gpu' }), trial('cpu', { askedAt: 9 })], [], none, free)).toBe(
      'cpu',
    );
    expect(next([trial('gpu', { backend: 'tensorflow-gpu' })], [], none, free)).toBeUndefined();
  });

  it('always exists while something can run, and the queue empties in an order that respects every need', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ needs: fc.array(fc.nat(30)), askedAt: fc.nat(3) }), { minLength: 1, maxLength: 30 }),
        (parts) => {
          // Needs point backwards, so that they hold no circle.
          const queue = parts.map(({ needs, askedAt }, index) =>
            trial(String(index), { needs: needs.filter((need) => need < index).map(String), askedAt, position: index }),
          );
          const done = new Set<string>();
          const left = new Map(queue.map((one) => [one.id, one]));
          while (left.size > 0) {
            const chosen = choose(left.values(), { done: (id) => done.has(id), free: () => 1, estimates: none });
            if (chosen === null) return false;
            if (!chosen.needs.every((need) => done.has(need))) return false;
            left.delete(chosen.id);
            done.add(chosen.id);
          }
          return true;
        },
      ),
    );
  });
});

const estimatesOf = (seconds: Record<string, number>): Estimates =>
  new Estimates(Object.entries(seconds).map(([id, each]) => ({ ...trial(id), seconds: each, n: 1 })));

describe('long trials', () => {
  const chosen = (
    queue: QueuedTrial[],
    seconds: Record<string, number>,
    running: readonly string[],
  ): string | undefined =>
    choose(queue, {
      free: () => 1,
      estimates: estimatesOf(seconds),
      running: (kind) => running.filter((id) => kind === `tensorflow-cpu\ns\n${id}@1`).length,
    })?.id;
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

describe('the end of a study', () => {
  const seconds = { long: 10, short: 6 };
  const queue = [trial('long'), trial('short'), { ...trial('short'), id: 'short again' }];
  const chosen = (left: readonly (number | null)[]): string | undefined =>
    choose(queue, {
      free: () => 1,
      estimates: estimatesOf(seconds),
      workers: () => ({ count: 2, left }),
    })?.id;

  it('comes soonest with what fits beside what runs, which need not be the longest', () => {
    // long now: 10 beside 2 + 6 + 6; short now: 6 + 6 beside 2 + 10
    expect(chosen([2])).toBe('short');
    // long now: 10 + 6 beside 9 + 6; short now: 6 + 6 beside 9 + 10
    expect(chosen([9])).toBe('long');
    expect(chosen([null])).toBe('long');
  });

  it('is hardly ever later than with the longest first, for any lengths of which none is twice another', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 50, max: 95 }), { minLength: 1, maxLength: 14 }),
        fc.integer({ min: 1, max: 3 }),
        (lengths, count) => {
          const trials = lengths.map((_, i) => trial(`t${i}`));
          const estimates = estimatesOf(Object.fromEntries(lengths.map((length, i) => [`t${i}`, length])));
          const left = new Map(trials.map((each) => [each.id, each]));
          const busyUntil = Array.from({ length: count }, () => 0);
          while (left.size > 0) {
            const now = Math.min(...busyUntil),
              worker = busyUntil.indexOf(now);
            const next = choose(left.values(), {
              free: () => 1,
              estimates,
              workers: () => ({ count, left: busyUntil.flatMap((until, i) => (i === worker ? [] : [until - now])) }),
            });
            if (next === null) throw new Error('nothing was chosen');
            left.delete(next.id);
            busyUntil[worker] = now + (lengths[trials.indexOf(next)] ?? NaN);
          }
          const longestFirst = timeLeft({ running: [], ahead: [], own: estimates.workOf(trials) }, count);
          expect(Math.max(...busyUntil)).toBeLessThanOrEqual((longestFirst ?? NaN) * 1.02);
        },
      ),
    );
  });
});

describe('short trials', () => {
  const warm: Record<string, 'here' | 'elsewhere'> = {
    'tensorflow-cpu\ns\nhere@1': 'here',
    'tensorflow-cpu\ns\nbusy@1': 'elsewhere',
  };
  const chosen = (queue: QueuedTrial[], seconds: Record<string, number>): string | undefined =>
    choose(queue, {
      free: () => 1,
      estimates: estimatesOf(seconds),
      warmth: (configuration) => warm[configuration] ?? 'nowhere',
    })?.id;
  const queue = [trial('busy'), trial('new'), trial('here')];

  it('come where their graphs are: in a free worker, else what no worker has run yet', () => {
    expect(chosen(queue, { busy: 2.5, new: 2, here: 1 })).toBe('here');
    expect(chosen(queue.slice(0, 2), { busy: 2.5, new: 2 })).toBe('new');
    expect(chosen(queue.slice(0, 1), { busy: 2.5 })).toBe('busy');
    expect(chosen([trial('here', { position: 2 }), trial('here', { position: 1 })], { here: 1 })).toBe('here');
  });

  it('wait for long ones, of which those come first whose graphs are nearer', () => {
    expect(chosen(queue, { busy: 30, new: 20, here: 1 })).toBe('new');
    expect(chosen(queue, { busy: 50, new: 20, here: 1 })).toBe('busy');
    expect(chosen(queue, { busy: 30, new: 20, here: 16 })).toBe('here');
  });

  it('of unknown length: one method after the other, so that each length is known soon', () => {
    expect(chosen(queue, {})).toBe('here');
    expect(chosen(queue.slice(0, 2), {})).toBe('new');
  });
});

it('is chosen from the first rounds of a queue as it is from all of it', () => {
  const some = fc.record({
    method: fc.constantFrom('a', 'b', 'c', 'd'),
    askedAt: fc.nat(2),
    round: fc.nat(4),
    needed: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(some, { maxLength: 120 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 3, maxLength: 3 }),
      fc.integer({ min: 1, max: 3 }),
      (parts, lengths, count) => {
        const queue = parts.map(({ method, ...more }, position) => ({
          ...trial(method, { ...more, position }),
          id: `${position}`,
        }));
        // One study is on one backend: its time says which.
        const trials = queue.map((each) => ({ ...each, backend: each.askedAt === 1 ? 'wasm' : 'tensorflow-cpu' }));
        const estimates = new Estimates(
          ['a', 'b', 'c'].flatMap((id, index) => [{ ...trial(id), seconds: lengths[index] ?? 1, n: 1 }]),
        );
        const circumstances = { free: () => 1, estimates, workers: () => ({ count, left: [3] }) };
        expect(choose(trials, circumstances)).toEqual(chooseNext(trials, circumstances));
      },
    ),
  );
});

it('is looked for in a queue of 200,000 trials as fast as in a small one', () => {
  const queue = new TrialQueue();
  for (let round = 0; round < 100; round++)
    for (let method = 0; method < 2000; method++)
      queue.add({ ...trial(`m${method}`, { round, position: 2000 * round + method }), id: `${method} ${round}` }, []);
  let seen = 0;
  for (let chosen = 0; chosen < 50; chosen++) {
    const contenders = queue.contenders(['tensorflow-cpu'], 24, () => true);
    seen = Math.max(seen, contenders.length);
    const best = chooseNext(contenders, { free: () => 1, estimates: none });
    if (best === null) throw new Error('nothing was chosen');
    expect(best.round).toBe(0);
    queue.delete(best.id);
  }
  expect(seen).toBe(2000);
});
