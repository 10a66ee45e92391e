import { drawnSlots, TakenSlots, type OfferedMemory } from './example-memory.ts';
import type { MemoryHost } from './memory-host.ts';

/**
 * A memory in which every class has about as many examples (Prabhu et al. 2020, algorithm 1). It takes an example while
 * there is room. Later it takes one only if its class holds less than an equal share, and a random example of the
 * largest class leaves. Classes are counted by label and task together, so that domain-IL keeps every task's classes.
 */
export function greedyBalanced(run: MemoryHost, capacity: number): OfferedMemory {
  const stored = run.context.state.examples('greedy/ids', capacity, run.protocol.bytesPerExample);
  const size = run.context.state.int32('greedy/size', 1);
  const classOf = (id: number): number => run.protocol.taskOf(id) * run.protocol.outputs + run.protocol.labelOf(id);
  return {
    capacity,
    get size() {
      return size[0];
    },
    all: () => stored.slice(0, size[0]),
    idAt: (slot) => stored[slot],
    draw: (count, stream) => drawnSlots(size[0], count, stream),
    offer: (ids, stream) => {
      const held = new Map<number, number[]>();
      for (let slot = 0; slot < size[0]; slot++)
        held.set(classOf(stored[slot]), [...(held.get(classOf(stored[slot])) ?? []), slot]);
      const taken = new TakenSlots(ids.length);
      for (const [at, id] of ids.entries()) {
        const own = held.get(classOf(id)) ?? [];
        held.set(classOf(id), own);
        if (size[0] < capacity) {
          own.push(size[0]);
          taken.take(at, size[0]);
          stored[size[0]++] = id;
          continue;
        }
        if (own.length >= capacity / held.size) continue;
        const largest = [...held.values()].reduce((a, b) => (b.length > a.length ? b : a));
        const [slot] = largest.splice(stream.integer(largest.length), 1);
        stored[slot] = id;
        taken.take(at, slot);
        own.push(slot);
      }
      return taken.slots;
    },
  };
}
