import { tf, type Tensor } from '../../../engine/tf.ts';
import type { TensorData } from '../../../engine/types.ts';
import type { ContinualHooks, ContinualRun, ExampleBatch, LossScope, Place } from '../contract.ts';
import type { OfferedMemory } from './example-memory.ts';
import { reservoir } from './reservoir.ts';

/**
 * A memory whose draws are inputs of the training step: `<name>Ids`, `<name>Slots`, and `replayOn` = 0 while nothing
 * is stored.
 */
export interface StepReplay {
  readonly buffer: OfferedMemory;
  readonly inputs: NonNullable<ContinualHooks['inputs']>;
  /** Of one example of the stream: its own, and its share of the drawn ones. */
  readonly passes: NonNullable<ContinualHooks['passes']>;
  feed(place: Place, ids: Int32Array): Readonly<Record<string, TensorData>>;
  /** The drawn examples inside the step. */
  drawn(losses: LossScope, name: string): ExampleBatch;
  /** The stream's batch and the drawn examples as one batch, with the weight of each. */
  together(losses: LossScope, name: string): { readonly examples: ExampleBatch; readonly weights: Tensor };
  /** What every stored example has beside its label: `width` numbers in a variable of this name. */
  beside(name: string, width: number): BesideExamples;
  /** 1, or 0 while nothing is stored. */
  on(losses: LossScope): Tensor;
}

/** Logits, features or gradients that examples had when they were stored. */
export interface BesideExamples {
  /** Of the examples drawn as `name`. */
  drawn(losses: LossScope, name: string): Tensor;
  /** Stores those of the stream's batch, as far as its examples are stored. */
  keep(losses: LossScope, values: Tensor): void;
}

/**
 * Replay as in Buzzega et al. 2020: each step draws its batches from memory first, then offers the stream's batch. The
 * memory is the one that is given; a number is a reservoir's capacity. `draws` names the batches that a step draws, all
 * of `size` examples. `offerSlots` is the slot of each example of the batch, `capacity` (a spare place) where it is not
 * stored.
 *
 * A step always draws `size` examples, so that it is recorded once. While nothing is stored these are the stream's
 * batch itself, repeated, with weight 0: batch norm also sees examples of weight 0.
 */
export function stepReplay(
  run: ContinualRun,
  memory: number | OfferedMemory,
  size: number,
  draws: readonly string[],
): StepReplay {
  const buffer = typeof memory === 'number' ? reservoir(run, memory) : memory;
  const { capacity } = buffer;
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
    beside: (kept, width) => {
      // One spare row, for examples that are not stored.
      const rows = run.variable(kept, { shape: [capacity + 1, width], dtype: 'float32' });
      return {
        drawn: (losses, name) => losses.scope.gather(rows, losses.inputs[`${name}Slots`]),
        keep: (losses, values) => losses.scope.scatter(rows, losses.inputs['offerSlots'], values),
      };
    },
    on,
  };
}
