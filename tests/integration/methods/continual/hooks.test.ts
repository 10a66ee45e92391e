import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildNetwork } from '../../../../src-main/engine/networks/networks.ts';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { tf } from '../../../../src-main/engine/tf.ts';
import type { TensorData } from '../../../../src-main/engine/types.ts';
import { defineContinualMethod } from '../../../../src-main/methods/continual/shared/driver.ts';
import { loadSuites } from '../../../../src-main/suites/registry.ts';
import { modelArrays, trialsWith } from '../../run-trials.ts';

/** What hooks are given inside a step, looked at from outside: every number is computed here a second time. */

const SUITE = 'split-optdigits-quick/class-il';
const RATE = 0.05;
const seen: {
  losses: number[][];
  taps: number[];
  features: Float32Array;
  inputs: Float32Array;
  kernels: TensorData[];
} = {
  losses: [],
  taps: [],
  features: new Float32Array(0),
  inputs: new Float32Array(0),
  kernels: [],
};

const watching = defineContinualMethod({
  id: 'watching',
  version: 1,
  title: 'Watching',
  summary: '',
  paper: null,
  asks: ['boundaries', 'extra-passes'],
  fields: { unused: z.number().default(0) },
  create: (run) => {
    const { engine } = run.context;
    const losses = run.variable('losses', { shape: [2], dtype: 'float32' });
    const difference = run.variable('difference', { shape: [], dtype: 'float32' });
    const rows = engine.compileStep({
      name: 'watching/rows',
      inputs: { ids: { shape: [-1], dtype: 'int32' } },
      body: ({ ids }, scope) => ({ x: run.protocol.examples(scope, ids).x }),
    });
    return {
      lookahead: ({ scope, parameters, batch, crossEntropy, gradients, logits }) => {
        const slope = gradients((at) => at.crossEntropy(at.batchLogits, batch));
        const tried = Object.fromEntries(
          Object.entries(parameters).map(([name, value]) => [name, tf.sub(value, tf.mul(slope[name], RATE))]),
        );
        const [before, after] = [parameters, tried].map((at) => crossEntropy(logits(batch.x, at), batch));
        scope.assign(losses, tf.stack([before, after]));
        return { one: tf.onesLike(before) };
      },
      loss: ({ inputs, crossEntropy, batch, batchLogits, batchFeatures, scope }) => {
        scope.assign(difference, tf.sum(batchFeatures));
        return tf.mul(crossEntropy(batchLogits, batch), inputs['one']).asScalar();
      },
      transformGradients: (scope, gradients, taps) => {
        // The head's bias gets no gradient, and what the head was given is what the features are.
        scope.assign(difference, tf.sub(scope.read(difference), tf.sum(taps['output'].input)));
        return { ...gradients, 'output/bias': tf.zerosLike(gradients['output/bias']) };
      },
      endTask: async (task) => {
        seen.losses.push([...(await engine.read(losses))]);
        seen.taps.push((await engine.read(difference))[0]);
        if (task > 0) return;
        const ids = run.protocol.tasks[0].ids.slice(0, 30);
        seen.features = await run.features(ids);
        seen.inputs = Float32Array.from((await rows.run([{ ids }]))[0].x);
        seen.kernels = await Promise.all(
          ['dense0/kernel', 'dense0/bias', 'output/bias'].map((name) => engine.read(run.parameters[name])),
        );
      },
    };
  },
});

let trials: Awaited<ReturnType<typeof trialsWith>>;
beforeAll(async () => {
  trials = await trialsWith(watching);
  await trials.run(SUITE, 'watching');
}, 120_000);
afterAll(() => trials.close());

describe('hooks of the step', () => {
  it('a step that is only tried lowers the loss of its batch, and changes nothing', () => {
    expect(seen.losses).toHaveLength(5);
    for (const [before, after] of seen.losses) expect(after).toBeLessThan(before);
  });

  it('taps are the inputs of the layers in the pass of the batch', () => {
    for (const difference of seen.taps) expect(Math.abs(difference)).toBeLessThan(1e-3);
  });

  it('the optimiser is given the transformed gradients', async () => {
    const suite = (await loadSuites()).get(SUITE);
    const start = buildNetwork(suite.network).init(stream(1, 'init')).params['output/bias'];
    // The head's bias is where it began: Adam does not move without a gradient.
    expect(seen.kernels[2]).toEqual(start);
    expect(modelArrays(await trials.run(SUITE, 'naive'))['output/bias']).not.toEqual(start);
  });

  it('features over many rows are those of the hidden layer', () => {
    const [kernel, bias] = seen.kernels;
    const [width, units] = [64, bias.length];
    expect(seen.features).toHaveLength(30 * units);
    for (let row = 0; row < 30; row += 1)
      for (let unit = 0; unit < units; unit += 1) {
        let sum = bias[unit];
        for (let i = 0; i < width; i += 1) sum += seen.inputs[row * width + i] * kernel[i * units + unit];
        expect(Math.abs(seen.features[row * units + unit] - Math.max(sum, 0))).toBeLessThan(1e-4);
      }
  });
});
