import type { TrialEvent } from '../contract.ts';

/** Where a phase is: epochs done, and steps of the present one. */
export interface PhasePlace {
  readonly epoch: number;
  readonly step: number;
}

/** How long a phase is. */
export interface PhaseSizes {
  /** Examples of an epoch. */
  readonly examples: number;
  readonly batchSize: number;
  /** Whether an epoch's last batch, which is smaller, is trained on; kept unless told. */
  readonly lastBatch?: 'kept' | 'dropped';
  readonly epochs: number;
  /** Where the budget is in steps: the last epoch then ends early, and there are as many as it takes. */
  readonly steps?: number;
}

/** Steps over examples in some order, epoch after epoch: what every training comes to, of rows and streams alike. */
export interface PhaseWork extends PhaseSizes {
  /** Steps between two yields. */
  readonly chunk: number;
  /** Ids of an epoch in the order in which they are trained on; the same whenever it is asked. */
  order(epoch: number): Int32Array;
  /** One step for each batch, in order; answers their mean loss. The first is at this place. */
  train(place: PhasePlace, batches: readonly Int32Array[]): Promise<number>;
  /** What so many examples took, for the budget. */
  spent(examples: number): void;
  progress(place: PhasePlace, metrics: Readonly<Record<string, number>>): TrialEvent;
  /** Work after these steps, counted from 1: a call of the engine ends there. */
  readonly between?: { readonly steps: readonly number[]; act(step: number): Promise<void> };
  /** After the last step of an epoch, before the place moves on: what happens here happens once. */
  endEpoch?(place: PhasePlace): AsyncIterable<TrialEvent>;
  /** Also yields where an epoch is over; for work in `endEpoch` that must not be done twice. */
  readonly yieldsAtEpochs?: boolean;
}

/** Steps of an epoch. */
export const stepsPerEpoch = ({ examples, batchSize, lastBatch }: PhaseSizes): number =>
  lastBatch === 'dropped' ? Math.max(1, Math.floor(examples / batchSize)) : Math.ceil(examples / batchSize);

/** Steps of the whole phase. */
export const stepsOf = (sizes: PhaseSizes): number => sizes.steps ?? stepsPerEpoch(sizes) * sizes.epochs;

/**
 * Runs a phase from this place to its end. Interrupted at a yield and begun again at the place that it told, the steps
 * are the same: an epoch's order does not depend on where it is begun.
 */
export async function* runPhase(work: PhaseWork, from: PhasePlace): AsyncGenerator<TrialEvent, void, void> {
  const { batchSize } = work;
  const perEpoch = stepsPerEpoch(work);
  const total = stepsOf(work);
  let { epoch, step } = from;
  while (epoch * perEpoch < total) {
    const here = Math.min(perEpoch, total - epoch * perEpoch);
    const order = work.order(epoch);
    while (step < here) {
      const done = epoch * perEpoch + step;
      const stop = work.between?.steps.find((place) => place > done) ?? total;
      const count = Math.min(work.chunk, here - step, stop - done);
      const batches = Array.from({ length: count }, (_, i) =>
        order.subarray((step + i) * batchSize, (step + i + 1) * batchSize),
      );
      const loss = await work.train({ epoch, step }, batches);
      work.spent(batches.reduce((sum, rows) => sum + rows.length, 0));
      step += count;
      if (work.between?.steps.includes(done + count) === true) await work.between.act(done + count);
      yield work.progress({ epoch, step }, { loss });
    }
    if (work.endEpoch !== undefined) yield* work.endEpoch({ epoch, step });
    epoch += 1;
    step = 0;
    if (work.yieldsAtEpochs === true) yield work.progress({ epoch, step }, {});
  }
}
