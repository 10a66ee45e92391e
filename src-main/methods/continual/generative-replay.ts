import { z } from 'zod';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { tf, type Scalar, type Tensor } from '../../engine/tf.ts';
import type { Model } from '../models.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { distillation } from './shared/distillation.ts';

/** Mean over pixels and examples of −x ln σ(l) − (1 − x) ln(1 − σ(l)): pixels x in [0, 1] and logits l, both [B, W]. */
export function reconstructionLoss(logits: Tensor, pixels: Tensor): Scalar {
  const softplus = tf.log1p(tf.exp(tf.neg(tf.abs(logits))));
  return tf.mean(tf.add(tf.sub(tf.relu(logits), tf.mul(logits, pixels)), softplus)).asScalar();
}

/** Mean over examples of KL(N(μ, σ²) ‖ N(0, 1)), summed over the latent numbers: μ and ln σ² [B, Z]. */
export function latentDivergence(mean: Tensor, logVariance: Tensor): Scalar {
  const each = tf.sub(tf.sub(tf.add(tf.square(mean), tf.exp(logVariance)), logVariance), 1);
  return tf.mul(tf.mean(tf.sum(each, 1)), 0.5).asScalar();
}

/**
 * Deep generative replay (Shin et al. 2017, section 3; as van de Ven & Tolias 2018 have it): a variational autoencoder
 * learns beside the classifier. From the second task on both also learn inputs that the generator of before draws, with
 * the answers of the classifier of before as soft targets. At the n-th task new data weigh 1/n, replayed ones 1 − 1/n.
 */
export default defineContinualMethod({
  id: 'generative-replay',
  version: 1,
  title: 'Deep generative replay (DGR)',
  summary: 'Learns a generator beside the classifier and rehearses what the generator of before draws; stores no data.',
  paper: {
    title: 'Continual Learning with Deep Generative Replay',
    authors: 'Shin, Lee, Kim, Kim',
    year: 2017,
    reference: 'arXiv:1705.08690',
    equations: 'section 3, eqs. 1 and 2',
    deviations:
      'The generator is a variational autoencoder with the hidden layers of the classifier, both ways (van de Ven & ' +
      'Tolias 2018, arXiv:1809.10635), not a generative adversarial network; replayed inputs have soft targets at ' +
      'temperature T. As many inputs are replayed as the batch has.',
  },
  fields: {
    latent: z.number().int().min(1).max(1000).default(100).describe('Latent numbers of the autoencoder'),
    temperature: z.number().min(0.1).max(100).default(2).describe('Temperature T of both softmaxes'),
  },
  asks: ['boundaries', 'extra-passes'],
  fits: ({ scenario, network }) => {
    if (scenario === 'task-il') return 'Replayed inputs are of no known task; it is for class-IL and domain-IL.';
    return (
      network.layers.every(({ kind }) => kind === 'dense' || kind === 'relu') ||
      'The generator mirrors the network, which is written for dense layers.'
    );
  },
  create: (run, { latent, temperature }) => {
    const { models, protocol, context } = run;
    const { spec } = context.network;
    const [width] = spec.input;
    const [low, high] = protocol.inputRange;
    const hidden = spec.layers.flatMap((layer) => (layer.kind === 'dense' ? [layer.units] : []));
    const dense = (kind: string, input: number, units: readonly number[], outputs: number): NetworkSpec => ({
      architecture: { kind, input, hidden: units, outputs },
      input: [input],
      layers: units.flatMap((of, i) => [{ kind: 'dense', name: `dense${i}`, units: of } as const, { kind: 'relu' }]),
      heads: [{ name: 'output', outputs }],
      init: spec.init,
    });
    const encoder = (): Model => models.open('encoder', dense('encoder', width, hidden, 2 * latent));
    const decoder = (): Model => models.open('decoder', dense('decoder', latent, [...hidden].reverse(), width));
    /** Between pixels in [0, 1] and the inputs of the suite. */
    const pixelsOf = (x: Tensor): Tensor => tf.div(tf.sub(x, low), high - low);
    const inputsOf = (pixels: Tensor): Tensor => tf.add(tf.mul(pixels, high - low), low);
    return {
      beginTask: async (task) => {
        if (task === 0) return;
        await models.copy(run.model, 'former-classifier');
        await models.copy(decoder(), 'former-decoder');
      },
      phases: (task) => [
        {
          name: '',
          trains: [run.model, encoder(), decoder()],
          passes: task === 0 ? { forward: 2, backward: 2 } : { forward: 6, backward: 4 },
          inputs: { noise: { shape: [2], dtype: 'int32' }, draws: { shape: [2], dtype: 'int32' } },
          feed: ({ globalStep }) => ({
            noise: run.stream(`noise/step${globalStep}`).key(),
            draws: run.stream(`replay/step${globalStep}`).key(),
          }),
          loss: ({ scope, batch, batchLogits, logits, masked, crossEntropy, apply, inputs }) => {
            const size = batch.x.shape[0];
            const normal = (key: Tensor): Tensor => scope.randomNormal([size, latent], key);
            /** The autoencoder's bound on −ln p(x) a pixel; `use` keeps the draws of a step apart. */
            const generatorLoss = (x: Tensor, use: number): Tensor => {
              const posterior = apply(encoder(), x).logits;
              const mean = tf.slice(posterior, [0, 0], [size, latent]);
              const logVariance = tf.slice(posterior, [0, latent], [size, latent]);
              const noise = normal(tf.add(inputs['noise'], tf.tensor1d([use, 0], 'int32')));
              const drawn = tf.add(mean, tf.mul(tf.exp(tf.mul(logVariance, 0.5)), noise));
              const reconstruction = reconstructionLoss(apply(decoder(), drawn).logits, pixelsOf(x));
              return tf.add(reconstruction, tf.div(latentDivergence(mean, logVariance), width));
            };
            const fresh = tf.add(crossEntropy(batchLogits, batch), generatorLoss(batch.x, 0));
            if (task === 0) return fresh.asScalar();
            const replayed = inputsOf(tf.sigmoid(apply(models.open('former-decoder'), normal(inputs['draws'])).logits));
            // The classifier of before answers among the outputs of then.
            const before = tf.tensor1d(protocol.outputMask(task - 1).slice(0, protocol.outputs));
            const teacher = tf.add(apply(models.open('former-classifier'), replayed).logits, before);
            const student = masked(logits(replayed), tf.zeros([size], 'int32'));
            const kept = tf.add(distillation(teacher, student, temperature, null), generatorLoss(replayed, 1));
            const share = 1 / (task + 1);
            return tf.add(tf.mul(fresh, share), tf.mul(kept, 1 - share)).asScalar();
          },
        },
      ],
    };
  },
});
