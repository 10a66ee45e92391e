import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { tf } from '../../../../src-main/engine/tf.ts';
import type { Engine, TensorData } from '../../../../src-main/engine/types.ts';
import type { ContinualRun, LossScope } from '../../../../src-main/methods/continual/contract.ts';
import { logitDistance } from '../../../../src-main/methods/continual/shared/dark-knowledge.ts';
import { defineContinualMethod } from '../../../../src-main/methods/continual/shared/driver.ts';
import { reservoir } from '../../../../src-main/methods/continual/shared/reservoir.ts';
import type { Method } from '../../../../src-main/methods/contract.ts';
import { loadMethods } from '../../../../src-main/methods/registry.ts';
import { loadSuites } from '../../../../src-main/suites/registry.ts';
import { tinyDataset } from '../../engine/tiny-dataset.ts';
import { modelArrays, trialRunner, type TrialRun, type TrialRunner } from '../../run-trials.ts';

/**
 * The first step of a trial has nothing to replay. ER then repeated the batch itself, by a rule of its own; DER and
 * DER++ took one example over and over. The shared rule has to train the same networks to the bit, also with batch
 * norm, which sees examples of weight 0 too.
 */

const MEMORY = 20,
  DRAWN = 8,
  CLASSES = Array.from({ length: 10 }, (_, i) => `class ${i}`),
  SUITE = 'split-shapes-generated-quick';

/** Draws as they were before the shared rule: `filler` is what stands in their place while nothing is stored. */
function replayBefore(run: ContinualRun, draws: readonly string[], filler: (ids: Int32Array) => Int32Array) {
  const buffer = reservoir(run, MEMORY);
  return {
    inputs: {
      ...Object.fromEntries(
        draws.flatMap((name) =>
          ['Ids', 'Slots'].map((what) => [`${name}${what}`, { shape: [DRAWN], dtype: 'int32' }] as const),
        ),
      ),
      offerSlots: { shape: [-1], dtype: 'int32' },
      replayOn: { shape: [], dtype: 'float32' },
    } as const,
    feed: ({ globalStep }: { readonly globalStep: number }, ids: Int32Array): Record<string, TensorData> => {
      const on = buffer.size > 0;
      const fed: Record<string, TensorData> = { replayOn: Float32Array.of(on ? 1 : 0) };
      for (const name of draws) {
        const slots = on ? buffer.draw(DRAWN, run.stream(`replay/${name}/${globalStep}`)) : new Int32Array(DRAWN);
        fed[`${name}Slots`] = slots;
        fed[`${name}Ids`] = on ? slots.map((slot) => buffer.idAt(slot)) : filler(ids);
      }
      fed['offerSlots'] = buffer
        .offer(ids, run.stream(`reservoir/${globalStep}`))
        .map((slot) => (slot < 0 ? MEMORY : slot));
      return fed;
    },
  };
}

const header = { version: 1, summary: '', paper: null, fields: {}, asks: ['replay-memory'] } as const;

const erBefore = defineContinualMethod({
  ...header,
  id: 'er-before',
  title: 'ER before',
  create: (run) => ({
    ...replayBefore(run, ['replay'], (ids) => Int32Array.from({ length: DRAWN }, (_, i) => ids[i % ids.length])),
    loss: ({ batch, inputs, examples, crossEntropy, logits }) => {
      const both = examples(tf.concat([inputs['ids'], inputs['replayIds']]), 0);
      const weights = tf.concat([tf.ones([batch.x.shape[0]]), tf.fill([DRAWN], 1).mul(inputs['replayOn'])]);
      return crossEntropy(logits(both.x), both, weights);
    },
  }),
});

/** DER without a second draw, DER++ with one. */
const darkBefore = (id: string, draws: readonly string[], alpha: number): Method =>
  defineContinualMethod({
    ...header,
    id,
    title: id,
    create: (run) => {
      const [one] = run.protocol.tasks[0].ids;
      const stored = run.variable('stored-logits', { shape: [MEMORY + 1, run.protocol.outputs], dtype: 'float32' });
      return {
        ...replayBefore(run, draws, () => new Int32Array(DRAWN).fill(one)),
        loss: (losses: LossScope) => {
          const { scope, inputs } = losses;
          const drawn = draws.map((name, i) => losses.examples(inputs[`${name}Ids`], 1 + i));
          const distance = logitDistance(
            losses.logits(drawn[0].x),
            scope.gather(stored, inputs['logitsSlots']),
            'entries',
          );
          const labels = drawn.slice(1).map((second) => losses.crossEntropy(losses.logits(second.x), second));
          const fresh = losses.crossEntropy(losses.batchLogits, losses.batch);
          scope.scatter(stored, inputs['offerSlots'], losses.batchLogits);
          const replayed = labels.reduce((sum, loss) => tf.add(sum, tf.mul(loss, 1)), tf.mul(distance, alpha));
          return tf.add(fresh, tf.mul(replayed, inputs['replayOn'])).asScalar();
        },
      };
    },
  });

let engine: Engine;
let trials: TrialRunner;
beforeAll(async () => {
  const [methods, suites] = await Promise.all([loadMethods(), loadSuites()]);
  engine = await openEngine('tensorflow-cpu', { convolutional: true });
  const before = [
    erBefore,
    darkBefore('der-before', ['logits'], 0.5),
    darkBefore('derpp-before', ['logits', 'labels'], 0.2),
  ];
  trials = trialRunner({
    engine,
    suites,
    methods: { ...methods, get: (id) => before.find((method) => method.id === id) ?? methods.get(id) },
    dataset: async (_suite, id) =>
      tinyDataset({ id, title: id, shape: [32, 32, 3], classes: CLASSES, kind: 'image' }, { train: 24, test: 2 }),
  });
}, 60_000);
afterAll(() => {
  engine.dispose();
});

/**
 * Everything that the two trials left and that differs, by name: vitest would take minutes over the difference of the
 * arrays.
 */
function differing(now: TrialRun, then: TrialRun): string[] {
  const arrays = modelArrays(now);
  const names = Object.keys(arrays).filter((name) => !isDeepStrictEqual(arrays[name], modelArrays(then)[name]));
  return isDeepStrictEqual(now.primitives.matrices, then.primitives.matrices) ? names : [...names, 'matrices'];
}

describe('replay while nothing is stored', () => {
  it.each(['er', 'der', 'derpp'])(
    '%s trains the network to the bit as by its own rule before',
    async (method) => {
      const now = await trials.run(SUITE, method, { memory: MEMORY, memoryBatch: DRAWN });
      const then = await trials.run(SUITE, `${method}-before`);
      expect(Object.keys(modelArrays(now)).filter((name) => name.endsWith('/mean'))).not.toEqual([]);
      expect(differing(now, then)).toEqual([]);
    },
    120_000,
  );
});
