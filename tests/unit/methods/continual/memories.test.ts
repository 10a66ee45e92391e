import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { classMemory } from '../../../../src-main/methods/continual/shared/class-memory.ts';
import type { ExampleMemory, OfferedMemory } from '../../../../src-main/methods/continual/shared/example-memory.ts';
import { greedyBalanced } from '../../../../src-main/methods/continual/shared/greedy-balanced.ts';
import type { MemoryHost } from '../../../../src-main/methods/continual/shared/memory-host.ts';
import { taskMemory } from '../../../../src-main/methods/continual/shared/memory.ts';
import { gemMultipliers } from '../../../../src-main/methods/continual/shared/projection.ts';
import { reservoir } from '../../../../src-main/methods/continual/shared/reservoir.ts';

/** Four tasks; example e has label e mod 10 and task ⌊e / 1000⌋. Arrays are found again by name, as after a resume. */
function host(): MemoryHost & { readonly arrays: Map<string, Int32Array> } {
  const arrays = new Map<string, Int32Array>();
  const array = (name: string, length: number, empty: number): Int32Array => {
    const known = arrays.get(name) ?? new Int32Array(length).fill(empty);
    arrays.set(name, known);
    return known;
  };
  return {
    arrays,
    context: {
      state: {
        int32: (name, length) => array(name, length, 0),
        examples: (name, places) => array(name, places, -1),
      },
    },
    protocol: {
      bytesPerExample: 4,
      outputs: 10,
      labelOf: (id) => id % 10,
      taskOf: (id) => Math.floor(id / 1000),
      tasks: [0, 1, 2, 3],
    },
  };
}
const range = (start: number, end: number): Int32Array => Int32Array.from({ length: end - start }, (_, i) => start + i);

describe('reservoir', () => {
  it('stores every example with the same probability', () => {
    const capacity = 20,
      offers = 100,
      repeats = 1000;
    const counts = new Float64Array(offers);
    for (let repeat = 0; repeat < repeats; repeat++) {
      const buffer = reservoir(host(), capacity);
      for (let at = 0; at < offers; at += 25) buffer.offer(range(at, at + 25), stream(repeat, `offer/${at}`));
      for (let slot = 0; slot < capacity; slot++) counts[buffer.idAt(slot)]++;
    }
    // binomial(1000, .2): expected 200, deviation 12.6; the largest of 100 stays within five deviations
    counts.forEach((count) => expect(Math.abs(count - 200)).toBeLessThan(63));
    const chi2 = counts.reduce((sum, count) => sum + (count - 200) ** 2 / (200 * 0.8), 0);
    expect(chi2).toBeLessThan(150);
  });

  it('answers slots that hold what was offered, each slot once per batch', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 6 }),
        fc.nat(),
        (capacity, batches, seed) => {
          const buffer = reservoir(host(), capacity);
          let next = 0;
          for (const [i, size] of batches.entries()) {
            const ids = range(next, next + size);
            next += size;
            const slots = buffer.offer(ids, stream(seed, `offer/${i}`));
            const taken = slots.filter((slot) => slot >= 0);
            expect(new Set(taken).size).toBe(taken.length);
            slots.forEach((slot, at) => {
              if (slot >= 0) expect(buffer.idAt(slot)).toBe(ids[at]);
            });
          }
          expect(buffer.size).toBe(Math.min(capacity, next));
          const drawn = buffer.draw(5, stream(seed, 'draw'));
          expect(drawn.length).toBe(5);
          drawn.forEach((slot) => expect(slot).toBeLessThan(buffer.size));
          if (buffer.size >= 5) expect(new Set(drawn).size).toBe(5);
        },
      ),
    );
  });

  it('goes on from checkpointed arrays', () => {
    const one = host(),
      two = host();
    const whole = reservoir(one, 8),
      first = reservoir(two, 8);
    for (let i = 0; i < 6; i++) whole.offer(range(i * 5, i * 5 + 5), stream(1, `offer/${i}`));
    for (let i = 0; i < 3; i++) first.offer(range(i * 5, i * 5 + 5), stream(1, `offer/${i}`));
    const resumed = reservoir(two, 8);
    for (let i = 3; i < 6; i++) resumed.offer(range(i * 5, i * 5 + 5), stream(1, `offer/${i}`));
    expect(two.arrays).toEqual(one.arrays);
  });

  it('draws different examples of the wanted kind, and fewer where there are fewer', () => {
    const buffer = reservoir(host(), 30);
    buffer.offer(range(990, 1020), stream(1, 'offer'));
    const early = (id: number): boolean => id < 1000;
    const all = buffer.drawFrom(50, stream(1, 'draw'), early);
    expect([...all].sort((a, b) => a - b)).toEqual([...range(990, 1000)]);
    const some = buffer.drawFrom(4, stream(2, 'draw'), early);
    expect([some.length, new Set(some).size, some.every(early)]).toEqual([4, 4, true]);
    expect(buffer.drawFrom(4, stream(3, 'draw'), () => false)).toHaveLength(0);
  });
});

describe('memories that take the stream as it comes', () => {
  it.each([
    ['reservoir', reservoir],
    ['classes in equal shares', greedyBalanced],
  ] as const)('%s: slots hold what was offered, all() is what they hold, draws are of them', (_, make) => {
    const memory: OfferedMemory = make(host(), 12);
    expect([memory.capacity, memory.size, memory.all().length]).toEqual([12, 0, 0]);
    const held = new Map<number, number>();
    for (let i = 0; i < 20; i++) {
      const ids = range(i * 9, i * 9 + 9);
      memory.offer(ids, stream(1, `offer/${i}`)).forEach((slot, at) => {
        if (slot >= 0) held.set(slot, ids[at]);
      });
      expect([...memory.all()]).toEqual(Array.from({ length: memory.size }, (_none, slot) => held.get(slot)));
    }
    expect(memory.size).toBe(12);
    expect(memory.idAt(3)).toBe(held.get(3));
    const drawn = memory.draw(12, stream(1, 'draw'));
    expect([...drawn].sort((a, b) => a - b)).toEqual([...range(0, 12)]);
    expect(memory.draw(30, stream(1, 'more'))).toHaveLength(30);
  });

  it('memories of tasks and of classes say what they hold in the same words', () => {
    const tasks = taskMemory(host(), 6),
      classes = classMemory(host(), 2);
    tasks.admit(0, range(0, 3), stream(1, 'a'));
    classes.keep(1, Int32Array.of(11, 21));
    const held = (memory: ExampleMemory): number[] => [...memory.all()].sort((a, b) => a - b);
    expect([held(tasks), held(classes)]).toEqual([
      [0, 1, 2],
      [11, 21],
    ]);
  });
});

describe('class memory', () => {
  it('keeps the first of each class when it shrinks, and is found again', () => {
    const kept = host();
    const memory = classMemory(kept, 5);
    memory.keep(3, Int32Array.of(13, 23, 33, 43, 53, 63));
    memory.keep(0, Int32Array.of(10, 20));
    expect(memory.ofClass(3)).toEqual(Int32Array.of(13, 23, 33, 43, 53));
    memory.shrink(3);
    memory.keep(1, Int32Array.of(11, 21, 31));
    const again = classMemory(kept, 5);
    expect([0, 1, 2, 3].map((output) => [...again.ofClass(output)])).toEqual([
      [10, 20],
      [11, 21, 31],
      [],
      [13, 23, 33],
    ]);
    expect(again.all()).toEqual(Int32Array.of(10, 20, 11, 21, 31, 13, 23, 33));
    again.keep(3, Int32Array.of(3));
    expect(again.ofClass(3)).toEqual(Int32Array.of(3));
  });
});

describe('task memory', () => {
  it('shares the room equally among the tasks seen and keeps the first of each', () => {
    const memory = taskMemory(host(), 120);
    memory.admit(0, range(0, 1000), stream(1, 'a'));
    const first = memory.ofTask(0);
    expect(first.length).toBe(120);
    expect(new Set(first).size).toBe(120);
    memory.admit(1, range(1000, 2000), stream(1, 'b'));
    memory.admit(2, range(2000, 2030), stream(1, 'c'));
    expect([0, 1, 2].map((task) => memory.ofTask(task).length)).toEqual([30, 30, 30]);
    expect(memory.ofTask(0)).toEqual(first.slice(0, 30));
    expect(memory.all().length).toBe(90);
  });
});

describe('greedy balancing sampler', () => {
  it('holds every class about equally, whatever the order', () => {
    const sampler = greedyBalanced(host(), 50);
    sampler.offer(
      range(0, 1000).filter((id) => id % 10 < 2),
      stream(1, 'a'),
    );
    const perClass = (): Map<number, number> => {
      const counts = new Map<number, number>();
      for (const id of sampler.all())
        counts.set(
          Math.floor(id / 1000) * 10 + (id % 10),
          (counts.get(Math.floor(id / 1000) * 10 + (id % 10)) ?? 0) + 1,
        );
      return counts;
    };
    expect([...perClass().values()]).toEqual([25, 25]);
    sampler.offer(
      range(1000, 2000).filter((id) => id % 10 >= 2 && id % 10 < 5),
      stream(1, 'b'),
    );
    expect(sampler.all().length).toBe(50);
    expect([...perClass().values()].every((count) => count === 10)).toBe(true);
  });
});

describe('the programme of GEM', () => {
  it('meets its constraints and optimality conditions for any positive semi-definite matrix', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.nat(), fc.constantFrom(0, 0.1, 0.5), (k, seed, margin) => {
        const random = stream(seed, 'gem');
        const rows = Array.from({ length: k }, () => Array.from({ length: 8 }, () => random.normal()));
        const gradient = Array.from({ length: 8 }, () => random.normal());
        const inner = (a: readonly number[], b: readonly number[]): number =>
          a.reduce((sum, value, i) => sum + value * b[i], 0);
        const gram = Float64Array.from(rows.flatMap((a) => rows.map((b) => inner(a, b)))),
          dots = Float64Array.from(rows.map((row) => inner(row, gradient)));
        const v = gemMultipliers({ gram, dots }, margin);
        v.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(margin);
          // Karush-Kuhn-Tucker: the slope is 0 where v is free and not negative where it sits on its bound
          const slope = dots[i] + 1e-3 * value + v.reduce((sum, other, j) => sum + gram[i * k + j] * other, 0);
          if (value > margin + 1e-9) expect(Math.abs(slope)).toBeLessThan(1e-6);
          else expect(slope).toBeGreaterThan(-1e-6);
        });
      }),
    );
  });
});
