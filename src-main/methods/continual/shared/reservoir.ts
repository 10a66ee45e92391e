import type { Stream } from '../../../engine/random/streams.ts';
import type { MemoryHost } from './memory-host.ts';

/**
 * Reservoir sampling (Vitter 1985, algorithm R): after n offers every example is stored with probability capacity / n.
 * Slots are the places of a buffer, so that what belongs to an example (its logits) can lie on the backend under the
 * same number.
 */
export interface Reservoir {
  readonly capacity: number;
  /** Examples stored now. */
  readonly size: number;
  idAt(slot: number): number;
  /**
   * Offers a batch in order; answers for each example the slot it now holds, or -1. A slot taken twice within the batch
   * goes to the later.
   */
  offer(ids: Int32Array, stream: Stream): Int32Array;
  /**
   * `count` slots drawn uniformly: without replacement while the buffer is large enough, all of it otherwise, repeated
   * in order.
   */
  draw(count: number, stream: Stream): Int32Array;
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
    idAt: (slot) => ids[slot],
    offer: (offered, stream) => {
      const slots = new Int32Array(offered.length).fill(-1);
      offered.forEach((id, i) => {
        const slot = seen[0] < capacity ? seen[0] : stream.integer(seen[0] + 1);
        seen[0]++;
        if (slot >= capacity) return;
        const earlier = slots.indexOf(slot);
        if (earlier >= 0) slots[earlier] = -1;
        slots[i] = slot;
        ids[slot] = id;
      });
      return slots;
    },
    draw: (count, stream) => {
      if (size() >= count) return stream.sample(size(), count);
      const order = stream.permutation(size());
      return Int32Array.from({ length: count }, (_, i) => order[i % order.length]);
    },
    drawFrom: (count, stream, isWanted) => {
      const wanted = ids.subarray(0, size()).filter(isWanted);
      return stream.sample(wanted.length, Math.min(count, wanted.length)).map((at) => wanted[at]);
    },
  };
}
