import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mlp } from '../../../../src-main/engine/networks/architectures/mlp.ts';
import { softmaxCrossEntropy } from '../../../../src-main/engine/losses.ts';
import { tf } from '../../../../src-main/engine/tf.ts';
import { defineContinualMethod } from '../../../../src-main/methods/continual/shared/driver.ts';
import { measuredWithoutClock } from '../../../fixtures/curves.ts';
import { pausing, trialsWith, type TrialRun } from '../../run-trials.ts';

/**
 * A method that uses all of phases: work before and after tasks that can be paused, models that come and go, a second
 * phase with an optimiser, a rate and examples of its own.
 */

const SUITE = 'split-optdigits-quick/class-il';
const beside = mlp({ input: 64, hidden: [5], outputs: 10, init: 'torch-default' });
const seen: { rates: number[]; batches: number[]; generations: number[] } = { rates: [], batches: [], generations: [] };

const phased = defineContinualMethod({
  id: 'phased',
  version: 1,
  title: 'Phased',
  summary: '',
  paper: null,
  asks: ['boundaries'],
  fields: { unused: z.number().default(0) },
  create: (run) => {
    const { models, protocol } = run;
    const { state } = run.context;
    const walk = state.float32('walk', 1);
    const scale = run.trainable('scale', { factor: { shape: [], initial: () => Float32Array.of(1) } }, 0.01);
    return {
      async *beginTask(task, from) {
        for (let at = z.number().catch(0).parse(from); at < 4; at += 1) {
          walk[0] += task + at / 8;
          yield { at: at + 1, metrics: { walk: walk[0] } };
        }
        models.open(`beside-${task}`, beside);
      },
      phases: (task) => {
        const model = models.open(`beside-${task}`, beside);
        return [
          {
            name: 'both',
            trains: [run.model, model, scale],
            epochs: 2,
            loss: ({ batchLogits, crossEntropy, batch, apply, tensors }) =>
              tf
                .add(
                  crossEntropy(tf.mul(batchLogits, tensors(scale)['factor']), batch),
                  softmaxCrossEntropy(apply(model, batch.x).logits, batch.y),
                )
                .asScalar(),
          },
          {
            name: 'fine',
            ids: () => protocol.tasks[task].ids.slice(0, 100),
            batchSize: 10,
            steps: 12,
            optimiser: { kind: 'sgd', lr: 0.1, momentum: 0.9 },
            rate: (step, steps) => {
              const rate = 0.1 * (1 - step / steps);
              seen.rates.push(rate);
              return rate;
            },
            feed: (_place, ids) => {
              seen.batches.push(ids.length);
              return {};
            },
          },
        ];
      },
      async *endTask(task, from) {
        for (let at = z.number().catch(0).parse(from); at < 3; at += 1) {
          walk[0] *= 1.5;
          yield { at: at + 1 };
        }
        seen.generations.push(models.generation);
        if (task > 0) models.release(models.open(`beside-${task - 1}`));
      },
    };
  },
});

let trials: Awaited<ReturnType<typeof trialsWith>>;
let whole: TrialRun;
beforeAll(async () => {
  trials = await trialsWith(phased, { convolutional: false });
  whole = await trials.run(SUITE, 'phased');
}, 120_000);
afterAll(() => trials.close());

const told = ({ cost }: TrialRun) => ({ ...cost, seconds: 0, peakMemoryBytes: 0, workers: 0 });

describe('phases', () => {
  it('take the steps, batches and rates that they say', () => {
    expect(seen.batches.slice(0, 12)).toEqual(new Array(12).fill(10));
    expect(seen.rates.slice(0, 12)).toEqual(Array.from({ length: 12 }, (_, i) => 0.1 * (1 - i / 12)));
    // 640 examples a task in batches of 32, twice, and 12 steps more
    expect(whole.cost.steps).toBe(5 * (2 * 20 + 12));
    expect(whole.cost.examples).toBe(5 * (2 * 640 + 120));
  });

  it('count models beside the one that answers as stored', () => {
    const parameters = 64 * 5 + 5 + 5 * 10 + 10;
    // Two are open at the end; `walk` is one number.
    expect(whole.cost.bytesStored).toBe(4 * parameters + 4);
  });

  it('paused here and there and resumed give the same bits', async () => {
    // In both generators, where phases end, and within them.
    const interrupted = pausing((yields) => yields % 7 === 3);
    const again = await trials.run(SUITE, 'phased', {}, 1, interrupted);
    expect(interrupted.pauses()).toBeGreaterThan(6);
    expect(measuredWithoutClock(again.primitives)).toEqual(measuredWithoutClock(whole.primitives));
    expect(again.artefacts).toEqual(whole.artefacts);
    expect(told(again)).toEqual(told(whole));
  }, 60_000);
});
