import type { Engine } from '../engine/types.ts';
import type { BudgetMeter, JsonValue } from '../methods/contract.ts';
import type { MeterCounts } from './checkpoint.ts';

const NOTHING: MeterCounts = {
  steps: 0,
  calls: 0,
  flops: 0,
  examples: 0,
  forwardPasses: 0,
  backwardPasses: 0,
  bytesStored: 0,
};

/** What a trial spends: what its method tells, and what the engine counts while the method works. */
export class Spending implements BudgetMeter {
  #counts: MeterCounts = NOTHING;
  /** What was spent when the method first said that it is at this place. Where the place is null, it begins again. */
  #reached: { readonly cursor: string; readonly counts: MeterCounts } = { cursor: 'null', counts: NOTHING };

  get counts(): MeterCounts {
    return this.#counts;
  }

  examples(count: number): void {
    this.#counts = { ...this.#counts, examples: this.#counts.examples + count };
  }

  passes({ forward = 0, backward = 0 }: Parameters<BudgetMeter['passes']>[0]): void {
    const { forwardPasses, backwardPasses } = this.#counts;
    this.#counts = {
      ...this.#counts,
      forwardPasses: forwardPasses + forward,
      backwardPasses: backwardPasses + backward,
    };
  }

  /** What counts of stored bytes is the most that were held at once. */
  stores(bytes: number): void {
    this.#counts = { ...this.#counts, bytesStored: Math.max(this.#counts.bytesStored, bytes) };
  }

  /** Counts what the engine does meanwhile. */
  async counting<T>(engine: Pick<Engine, 'meter'>, work: () => Promise<T>): Promise<T> {
    // Some engines answer the counter itself, which goes on counting.
    const before = { ...engine.meter };
    try {
      return await work();
    } finally {
      const { steps, calls, flops } = engine.meter;
      this.#counts = {
        ...this.#counts,
        steps: this.#counts.steps + steps - before.steps,
        calls: this.#counts.calls + calls - before.calls,
        flops: this.#counts.flops + flops - before.flops,
      };
    }
  }

  /** What a checkpoint at this place keeps: what was spent since the trial is here, it spends again when it goes on. */
  at(place: JsonValue): MeterCounts {
    const cursor = JSON.stringify(place);
    if (this.#reached.cursor !== cursor) this.#reached = { cursor, counts: this.#counts };
    return this.#reached.counts;
  }

  restore(place: JsonValue, counts: MeterCounts): void {
    this.#counts = counts;
    this.#reached = { cursor: JSON.stringify(place), counts };
  }
}
