import { z } from 'zod';
import { softmaxCrossEntropy, valueAndGradients } from '../../engine/losses.ts';
import { makeOptimiser } from '../../engine/optimisers/optimisers.ts';
import { tf } from '../../engine/tf.ts';
import type { NamedArrays } from '../../engine/types.ts';
import { softmaxRows } from '../shared/softmax.ts';
import { defineMergingMethod } from './shared/define.ts';
import { learnable } from './shared/learnable.ts';
import { mergedTensors, residentVectors } from './shared/merged-weights.ts';
import { stepsDone } from './shared/steps-done.ts';
import { weightedSum } from './shared/sums.ts';
import { openValidation } from './shared/validation-judge.ts';
import { MODEL_SOUPS } from '../shared/papers.ts';

/**
 * Σ_i softmax(α)_i θ_i, tensor by tensor (Wortsman et al. 2022, equation 1 by layer).
 *
 * @param names of the tensors, in the order of the rows of α
 * @param alpha [tensors × models], or [models] for all tensors
 */
export function learnedSoup(
  models: readonly NamedArrays[],
  names: readonly string[],
  alpha: ArrayLike<number>,
): NamedArrays {
  const shares = softmaxRows(Float32Array.from(alpha), models.length);
  return Object.fromEntries(
    names.map((name, tensor) => {
      const own = models.map((model) => model[name]);
      const row = shares.length > models.length ? shares.subarray(tensor * models.length) : shares;
      return [name, new Float32Array(weightedSum(own, row))];
    }),
  );
}

const STEPS_PER_YIELD = 10;

export default defineMergingMethod({
  id: 'learned-soup',
  version: 1,
  title: 'Learned soup',
  summary: 'Learns how much of each run goes into every tensor of a mean, by gradients on validation rows.',
  paper: {
    ...MODEL_SOUPS,
    equations: 'Equation 1 (learned soup), with a softmax for each tensor and one temperature β on the logits',
    deviations: "Settings of the authors' code; with several tasks a step has a batch of each. β is not kept.",
  },
  asks: ['validation'],
  fits: learnable,
  fields: {
    granularity: z.enum(['tensor', 'net']).default('tensor').describe('Shares of the runs for each tensor, or for all'),
    epochs: z.number().int().min(1).max(1000).default(5).describe('Epochs over the validation rows'),
    batchSize: z.number().int().min(1).max(4096).default(256).describe('Validation rows of each task in a step'),
    rate: z.number().positive().max(1).default(0.05).describe('Learning rate of AdamW, without weight decay'),
  },
  async *merge({ context, network, models, heads, tasks }, { granularity, epochs, batchSize, rate }) {
    const { engine, state, stream, meter } = context;
    // Shares add up to 1, so any of the models serves as the start that changes are added to.
    const vectors = residentVectors(engine, network, models[0], models, heads);
    const names = vectors.merged.map(({ name }) => name);
    const rows = granularity === 'net' ? 1 : names.length;
    const shape = [rows, models.length];
    const learned = {
      alpha: state.variable('alpha', { shape, dtype: 'float32' }, () => new Float32Array(rows * models.length)),
      beta: state.variable('beta', { shape: [], dtype: 'float32' }, () => Float32Array.of(1)),
    };
    const optimiser = makeOptimiser(state, { kind: 'adamw', lr: rate, weightDecay: 0 }, learned);
    const splits = await openValidation(tasks);
    const step = engine.compileStep({
      name: 'merging/learned-soup',
      inputs: Object.fromEntries(tasks.map((_, task) => [`rows${task}`, { shape: [-1], dtype: 'int32' as const }])),
      body(given, scope) {
        const { value, gradients } = valueAndGradients(
          ({ alpha, beta }) => {
            const params = mergedTensors(scope, vectors, tf.softmax(alpha, -1));
            const losses = tasks.map(({ head }, task) => {
              const batch = given[`rows${task}`];
              const x = scope.gather(splits[task].x, batch);
              const { logits } = network.apply({ params, state: {} }, x, { mode: 'eval' }, head);
              return softmaxCrossEntropy(tf.mul(logits, beta), scope.gather(splits[task].y, batch));
            });
            return tf.div(tf.addN(losses), tasks.length).asScalar();
          },
          { alpha: scope.read(learned.alpha), beta: scope.read(learned.beta) },
        );
        optimiser.update(scope, gradients, tf.scalar(rate));
        return { loss: value };
      },
    });
    const perEpoch = Math.ceil(Math.max(...splits.map((split) => split.rows)) / batchSize);
    const total = epochs * perEpoch;
    /** The batch of each task: epochs in orders of their own; a task with fewer rows begins again. */
    const feed = (at: number): Record<string, Int32Array> =>
      Object.fromEntries(
        splits.map((split, task) => {
          const order = stream(`soup/task${task}/epoch${Math.floor(at / perEpoch)}`).permutation(split.rows);
          const from = ((at % perEpoch) * batchSize) % split.rows;
          return [`rows${task}`, order.slice(from, from + batchSize)];
        }),
      );
    let done = stepsDone(state);
    while (done < total) {
      const feeds = Array.from({ length: Math.min(STEPS_PER_YIELD, total - done) }, (_, at) => feed(done + at));
      const outputs = await step.run(feeds);
      const seen = feeds.flatMap((of) => Object.values(of)).reduce((sum, { length }) => sum + length, 0);
      meter.examples(seen);
      meter.passes({ forward: seen, backward: seen });
      done += feeds.length;
      yield { done, total, metrics: { loss: outputs[feeds.length - 1].loss[0] } };
    }
    const alpha = Float32Array.from(await engine.read(learned.alpha));
    const shares = softmaxRows(alpha, models.length);
    const mean = models.map(
      (_, model) => shares.reduce((sum, share, at) => sum + (at % models.length === model ? share : 0), 0) / rows,
    );
    return {
      kind: 'parameters',
      merged: learnedSoup(models, names, alpha),
      notes: [`Mean share of each run: ${mean.map((share) => share.toFixed(3)).join(' ')}`],
    };
  },
});
