import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../../../../src-main/engine/tf.ts';
import type { TensorData } from '../../../../src-main/engine/types.ts';
import type { ContinualHooks, LossScope } from '../../../../src-main/methods/continual/contract.ts';
import { defineContinualMethod } from '../../../../src-main/methods/continual/shared/driver.ts';
import { stepReplay } from '../../../../src-main/methods/continual/shared/replay.ts';
import { modelArrays, trialsWith, type TrialRun } from '../../run-trials.ts';

/**
 * ER goes over the stream's batch and the drawn one together; written as two passes whose losses are weighed by their
 * sizes it has to train the same network, up to rounding.
 */

const MEMORY = 50,
  DRAWN = 32;

function inTwo({
  batch,
  batchLogits,
  logits,
  crossEntropy,
  inputs,
  examples,
}: LossScope): ReturnType<NonNullable<ContinualHooks['loss']>> {
  const drawn = examples(inputs['replayIds'], 1),
    weight = tf.mul(inputs['replayOn'], DRAWN),
    rows = batch.x.shape[0];
  const sum = tf.add(
    tf.mul(crossEntropy(batchLogits, batch), rows),
    tf.mul(crossEntropy(logits(drawn.x), drawn), weight),
  );
  return tf.div(sum, tf.add(weight, rows)).asScalar();
}

const twoPasses = defineContinualMethod({
  id: 'er-in-two',
  version: 1,
  title: 'ER in two passes',
  summary: '',
  paper: null,
  asks: ['replay-memory', 'extra-passes'],
  fields: {},
  create: (run) => {
    const { inputs, feed } = stepReplay(run, MEMORY, DRAWN, ['replay']);
    return { inputs, feed, loss: inTwo };
  },
});

let trials: Awaited<ReturnType<typeof trialsWith>>;
beforeAll(async () => {
  trials = await trialsWith(twoPasses, { convolutional: false });
}, 60_000);
afterAll(() => {
  trials.close();
});

const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const apart = (a: TensorData, b: TensorData): number => largest(Array.from(a, (value, i) => value - b[i]));
const parametersOf = (run: TrialRun): Readonly<Record<string, TensorData>> => modelArrays(run);

describe('experience replay', () => {
  it('in one pass trains the network that two passes train', async () => {
    const one = parametersOf(
      await trials.run('split-optdigits-quick/class-il', 'er', { memory: MEMORY, memoryBatch: DRAWN }),
    );
    const two = parametersOf(await trials.run('split-optdigits-quick/class-il', twoPasses.id)),
      naive = parametersOf(await trials.run('split-optdigits-quick/class-il', 'naive'));
    expect(Object.keys(one)).toHaveLength(Object.keys(two).length);
    expect(Object.keys(one).length).toBeGreaterThan(0);
    for (const [name, values] of Object.entries(one)) {
      expect(apart(values, two[name])).toBeLessThan(1e-3 * largest(values));
      expect(apart(values, naive[name])).toBeGreaterThan(1e-2 * largest(values));
    }
  }, 120_000);
});
