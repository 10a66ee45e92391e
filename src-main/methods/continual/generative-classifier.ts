import { z } from 'zod';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { tf, type Tensor } from '../../engine/tf.ts';
import type { StepScope } from '../../engine/types.ts';
import type { Predictor } from '../contract.ts';
import type { Model } from '../models.ts';
import { evaluated, steppedPredictor, usedModel } from '../shared/network-predictor.ts';
import { rowsPerEvaluation } from '../shared/work-sizes.ts';
import { EXCLUDED } from './contract.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { outputsBefore } from './shared/exemplars.ts';
import { latentDivergence, reconstructionLoss } from './generative-replay.ts';

/** Σ over pixels of x ln σ(l) + (1 − x) ln(1 − σ(l)): pixels in [0, 1] and logits, both [B, W] → [B]. */
export function bernoulliLogLikelihood(logits: Tensor, pixels: Tensor): Tensor {
  const softplus = tf.log1p(tf.exp(tf.neg(tf.abs(logits))));
  return tf.sum(tf.sub(tf.sub(tf.mul(logits, pixels), tf.relu(logits)), softplus), 1);
}

/**
 * ln p(z) − ln q(z) for z [B, Z] drawn from q = N(μ, σ²), where p = N(0, 1) → [B]; the constants of both are the same.
 */
export function latentLogRatio(z: Tensor, mean: Tensor, logVariance: Tensor): Tensor {
  const prior = tf.square(z);
  const posterior = tf.add(tf.div(tf.square(tf.sub(z, mean)), tf.exp(logVariance)), logVariance);
  return tf.mul(0.5, tf.sum(tf.sub(posterior, prior), 1));
}

/**
 * Generative classifier (van de Ven, Li & Tolias 2021): a variational autoencoder for each class, trained on that class
 * alone. The class whose autoencoder finds an input the likeliest answers, by importance sampling (eq. 4). Nothing that
 * a class learnt is ever changed.
 */
export default defineContinualMethod({
  id: 'generative-classifier',
  version: 1,
  title: 'Generative classifier',
  summary: 'Learns an autoencoder for each class, and answers with the class that finds the input the likeliest.',
  paper: {
    title: 'Class-Incremental Learning with Generative Classifiers',
    authors: 'van de Ven, Li, Tolias',
    year: 2021,
    reference: 'arXiv:2104.10093',
    equations: 'eqs. 1 to 4',
    deviations:
      "The classes of a task share its steps equally, one after the other. `samples` is 100 by default, the paper's " +
      '10,000. The same noise is drawn for every question.',
  },
  fields: {
    units: z.number().int().min(1).max(10000).default(85).describe('Units of a hidden layer'),
    layers: z.number().int().min(1).max(10).default(2).describe('Hidden layers, of the encoder and of the decoder'),
    latent: z.number().int().min(1).max(1000).default(5).describe('Latent numbers'),
    samples: z.number().int().min(1).max(10000).default(100).describe('Samples by which a likelihood is estimated'),
  },
  asks: ['extra-passes', 'boundaries'],
  fits: ({ scenario, network }) => {
    if (scenario !== 'class-il') return 'An autoencoder stands for a class; it is for class-IL.';
    return network.input.length === 1 || 'The autoencoders are of dense layers, for inputs in a row.';
  },
  create: (run, { units, layers, latent, samples }) => {
    const { models, protocol, context } = run;
    const { spec } = context.network;
    const [width] = spec.input;
    const [low, high] = protocol.inputRange;
    const dense = (kind: string, input: number, outputs: number): NetworkSpec => ({
      architecture: { kind, input, hidden: units, layers, outputs },
      input: [input],
      layers: Array.from({ length: layers }, (_, i) => [
        { kind: 'dense', name: `dense${i}`, units } as const,
        { kind: 'relu' } as const,
      ]).flat(),
      heads: [{ name: 'output', outputs }],
      init: spec.init,
    });
    const encoder = (output: number): Model => models.open(`encoder-${output}`, dense('encoder', width, 2 * latent));
    const decoder = (output: number): Model => models.open(`decoder-${output}`, dense('decoder', latent, width));
    const pixelsOf = (x: Tensor): Tensor => tf.div(tf.sub(x, low), high - low);
    const halves = (posterior: Tensor): { mean: Tensor; logVariance: Tensor } => {
      const [mean, logVariance] = tf.split(posterior, 2, 1);
      return { mean, logVariance };
    };
    const drawn = (mean: Tensor, logVariance: Tensor, noise: Tensor): Tensor =>
      tf.add(mean, tf.mul(tf.exp(tf.mul(logVariance, 0.5)), noise));
    /** ln p(x | class) [B] up to a constant, from `samples` draws of each posterior; noise [B · samples, latent]. */
    const logLikelihood = (scope: StepScope, x: Tensor, output: number, noise: Tensor): Tensor => {
      const apply = (model: Model, input: Tensor): Tensor => evaluated(scope, model.network, model, input).logits;
      const { mean, logVariance } = halves(tf.tile(apply(encoder(output), x), [samples, 1]));
      const z = drawn(mean, logVariance, noise);
      const reconstruction = apply(decoder(output), z);
      const each = tf.add(
        bernoulliLogLikelihood(reconstruction, tf.tile(pixelsOf(x), [samples, 1])),
        latentLogRatio(z, mean, logVariance),
      );
      return tf.logSumExp(tf.reshape(each, [samples, -1]), 0);
    };
    const predictorOf = (known: readonly number[]): Predictor =>
      steppedPredictor(context.engine, {
        width: protocol.outputs,
        rowsAtOnce: Math.max(1, Math.floor(rowsPerEvaluation(context.network) / samples)),
        uses: known.flatMap((output) => [usedModel(encoder(output)), usedModel(decoder(output))]),
        kind: 'scores',
        inputs: { noise: { shape: [2], dtype: 'int32' } },
        feed: (_question, part) => ({ noise: run.stream(`importance/${part}`).key() }),
        answer: (scope, x, { noise }) => {
          const draws = scope.randomNormal([x.shape[0] * samples, latent], noise);
          const unknown = tf.fill([x.shape[0]], EXCLUDED);
          return tf.stack(
            Array.from({ length: protocol.outputs }, (_, output) =>
              known.includes(output) ? logLikelihood(scope, x, output, draws) : unknown,
            ),
            1,
          );
        },
      });
    const predictors = new Map<number, Predictor>();
    return {
      phases: (task) => {
        const { outputs } = protocol.tasks[task];
        return outputs.map((output) => ({
          name: `class-${output}`,
          ids: () => protocol.tasks[task].ids.filter((id) => protocol.labelOf(id) === output),
          ...(protocol.steps === null ? {} : { steps: Math.max(1, Math.floor(protocol.steps / outputs.length)) }),
          trains: [encoder(output), decoder(output)],
          passes: { forward: 2, backward: 2 },
          inputs: { noise: { shape: [2], dtype: 'int32' } },
          feed: ({ globalStep }) => ({ noise: run.stream(`noise/step${globalStep}`).key() }),
          loss: ({ scope, batch, apply, inputs }) => {
            const { mean, logVariance } = halves(apply(encoder(output), batch.x).logits);
            const noise = scope.randomNormal([batch.x.shape[0], latent], inputs['noise']);
            const { logits } = apply(decoder(output), drawn(mean, logVariance, noise));
            // Both a pixel, so that rates mean what they mean elsewhere.
            return tf
              .add(
                reconstructionLoss(logits, pixelsOf(batch.x.as2D(-1, width))),
                tf.div(latentDivergence(mean, logVariance), width),
              )
              .asScalar();
          },
        }));
      },
      predictor: () => {
        const tasks = protocol.tasks.filter(({ outputs }) =>
          outputs.every((output) => models.has(`encoder-${output}`)),
        );
        const known = outputsBefore(run, Math.max(1, tasks.length));
        const made = predictors.get(known.length) ?? predictorOf(known);
        predictors.set(known.length, made);
        return made;
      },
    };
  },
});
