import { tf, type Tensor } from '../../../engine/tf.ts';
import type { TensorData } from '../../../engine/types.ts';
import type { ContinualHooks, ContinualRun, ExampleBatch, LossScope, Place } from '../contract.ts';
import { reservoir, type Reservoir } from './reservoir.ts';

/**
 * A reservoir whose draws are inputs of the training step: `<name>Ids`, `<name>Slots`, and `replayOn` = 0 while nothing
 * is stored.
 */
export interface StepReplay {
  readonly buffer: Reservoir;
  readonly inputs: NonNullable<ContinualHooks['inputs']>;
  /** Of one example of the stream: its own, and its share of the drawn ones. */
  readonly passes: NonNullable<ContinualHooks['passes']>;
  feed(place: Place, ids: Int32Array): Readonly<Record<string, TensorData>>;
  /** The drawn examples inside the step. */
  drawn(losses: LossScope, name: string): ExampleBatch;
  /** The stream's batch and the drawn examples as one batch, with the weight of each. */
  together(losses: LossScope, name: string): { readonly examples: ExampleBatch; readonly weights: Tensor };
  slots(losses: LossScope, name: string): Tensor;
  /** 1, or 0 while nothing is stored. */
  on(losses: LossScope): Tensor;
}

/**
 * Replay as in Buzzega et al. 2020: each step draws its batches from the reservoir first, then offers the stream's
 * batch. `draws` names the batches that a step draws, all of `size` examples. `offerSlots` is the slot of each example
 * of the batch, `capacity` (a spare place) where it is not stored.
 *
 * A step always draws `size` examples, so that it is recorded once. While nothing is stored these are the stream's
 * batch itself, repeated, with weight 0: batch norm also sees examples of weight 0.
 */
export function stepReplay(run: ContinualRun, capacity: number, size: number, draws: readonly string[]): StepReplay {
  const buffer = reservoir(run, capacity);
  const passes = 1 + (draws.length * size) / run.protocol.batchSize;
  const on = (losses: LossScope): Tensor => losses.inputs['replayOn'];
  return {
    buffer,
    passes: { forward: passes, backward: passes },
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
      const isEmpty = buffer.size === 0;
      const fed: Record<string, TensorData> = { replayOn: Float32Array.of(isEmpty ? 0 : 1) };
      for (const name of draws) {
        const slots = isEmpty ? new Int32Array(size) : buffer.draw(size, run.stream(`replay/${name}/${globalStep}`));
        fed[`${name}Slots`] = slots;
        fed[`${name}Ids`] = slots.map((slot, i) => (isEmpty ? ids[i % ids.length] : buffer.idAt(slot)));
      }
      fed['offerSlots'] = buffer
        .offer(ids, run.stream(`reservoir/${globalStep}`))
        .map((slot) => (slot < 0 ? capacity : slot));
      return fed;
    },
    drawn: (losses, name) => losses.examples(losses.inputs[`${name}Ids`], 1 + draws.indexOf(name)),
    together: (losses, name) => ({
      examples: losses.examples(tf.concat([losses.inputs['ids'], losses.inputs[`${name}Ids`]]), 0),
      weights: tf.concat([tf.ones([losses.batch.x.shape[0]]), tf.fill([size], 1).mul(on(losses))]),
    }),
    slots: (losses, name) => losses.inputs[`${name}Slots`],
    on,
  };
}
