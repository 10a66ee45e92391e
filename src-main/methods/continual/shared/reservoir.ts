import type { Stream } from '../../../engine/random/streams.ts';
import { drawnSlots, TakenSlots, type OfferedMemory } from './example-memory.ts';
import type { MemoryHost } from './memory-host.ts';

/**
 * Reservoir sampling (Vitter 1985, algorithm R): after n offers every example is stored with probability capacity / n.
 */
export interface Reservoir extends OfferedMemory {
  /** The ids of at most `count` stored examples that `isWanted`, drawn uniformly without replacement. */
  drawFrom(count: number, stream: Stream, isWanted: (id: number) => boolean): Int32Array;
}

export function reservoir(run: MemoryHost, capacity: number): Reservoir {
  const ids = run.context.state.examples('reservoir/ids', capacity, run.protocol.bytesPerExample);
  const seen = run.context.state.int32('reservoir/seen', 1);
  const size = (): number => Math.min(seen[0], capacity);
  return {
    capacity,
    get size() {
      return size();
    },
    all: () => ids.slice(0, size()),
    idAt: (slot) => ids[slot],
    offer: (offered, stream) => {
      const taken = new TakenSlots(offered.length);
      offered.forEach((id, i) => {
        const slot = seen[0] < capacity ? seen[0] : stream.integer(seen[0] + 1);
        seen[0]++;
        if (slot >= capacity) return;
        taken.take(i, slot);
        ids[slot] = id;
      });
      return taken.slots;
    },
    draw: (count, stream) => drawnSlots(size(), count, stream),
    drawFrom: (count, stream, isWanted) => {
      const wanted = ids.subarray(0, size()).filter(isWanted);
      return stream.sample(wanted.length, Math.min(count, wanted.length)).map((at) => wanted[at]);
    },
  };
}
