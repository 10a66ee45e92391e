import type { Tensor } from '../../../engine/tf.ts';
import type { TensorData } from '../../../engine/types.ts';
import type { ContinualHooks, ContinualRun, ExampleBatch, LossScope, Place } from '../contract.ts';
import { reservoir, type Reservoir } from './reservoir.ts';

/** A reservoir whose draws are inputs of the training step: `<name>Ids`, `<name>Slots`, and `replayOn` = 0 while nothing is stored. */
export interface StepReplay {
  readonly buffer: Reservoir;
  readonly inputs: NonNullable<ContinualHooks['inputs']>;
  feed(place: Place, ids: Int32Array): Readonly<Record<string, TensorData>>;
  /** The drawn examples inside the step. */
  drawn(losses: LossScope, name: string): ExampleBatch;
  slots(losses: LossScope, name: string): Tensor;
  on(losses: LossScope): Tensor;
}

/**
 * Replay as in Buzzega et al. 2020: each step draws its batches from the reservoir first, then offers the stream's batch. `draws` names the
 * batches that a step draws, all of `size` examples. `offerSlots` is the slot of each example of the batch, `capacity` (a spare place) where
 * it is not stored.
 */
export function stepReplay(run: ContinualRun, capacity: number, size: number, draws: readonly string[]): StepReplay {
  const buffer = reservoir(run, capacity);
  const spare = run.protocol.tasks[0].ids[0];
  return {
    buffer,
    inputs: {
      ...Object.fromEntries(
        draws.flatMap((name) => [
          [`${name}Ids`, { shape: [size], dtype: 'int32' }] as const,
          [`${name}Slots`, { shape: [size], dtype: 'int32' }] as const,
        ]),
      ),
      offerSlots: { shape: [-1], dtype: 'int32' },
      replayOn: { shape: [], dtype: 'float32' },
    },
    feed: ({ globalStep }, ids) => {
      const on = buffer.size > 0;
      const fed: Record<string, TensorData> = { replayOn: Float32Array.of(on ? 1 : 0) };
      for (const name of draws) {
        const slots = on ? buffer.draw(size, run.stream(`replay/${name}/${globalStep}`)) : new Int32Array(size);
        fed[`${name}Slots`] = slots;
        fed[`${name}Ids`] = on ? slots.map((slot) => buffer.idAt(slot)) : slots.map(() => spare);
      }
      fed['offerSlots'] = buffer
        .offer(ids, run.stream(`reservoir/${globalStep}`))
        .map((slot) => (slot < 0 ? capacity : slot));
      return fed;
    },
    drawn: (losses, name) => losses.examples(losses.inputs[`${name}Ids`], 1 + draws.indexOf(name)),
    slots: (losses, name) => losses.inputs[`${name}Slots`],
    on: (losses) => losses.inputs['replayOn'],
  };
}
