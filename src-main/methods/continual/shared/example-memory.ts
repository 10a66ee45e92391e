import type { Stream } from '../../../engine/random/streams.ts';

/**
 * What every memory of examples can be asked, however it chooses them: `memory.ts` keeps an equal share a task,
 * `class-memory.ts` the best of each class (herding), and those below take the stream as it comes.
 */
export interface ExampleMemory {
  /** The ids of all stored examples. */
  all(): Int32Array;
}

/**
 * A memory that is offered the stream batch by batch: a reservoir, or one that keeps classes equal. Slots are the
 * places of a buffer, so that what belongs to an example (its logits) can lie on the backend under the same number.
 */
export interface OfferedMemory extends ExampleMemory {
  readonly capacity: number;
  /** Examples stored now, in the first so many slots. */
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
}

/** Slots of a memory that has `size` of them filled. */
export function drawnSlots(size: number, count: number, stream: Stream): Int32Array {
  if (size >= count) return stream.sample(size, count);
  const order = stream.permutation(size);
  return Int32Array.from({ length: count }, (_, i) => order[i % order.length]);
}

/** The slots that a batch took, one for each example; one taken twice goes to the later. */
export class TakenSlots {
  readonly slots: Int32Array;

  constructor(offers: number) {
    this.slots = new Int32Array(offers).fill(-1);
  }

  take(offer: number, slot: number): void {
    const earlier = this.slots.indexOf(slot);
    if (earlier >= 0) this.slots[earlier] = -1;
    this.slots[offer] = slot;
  }
}
