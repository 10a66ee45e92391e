import { z } from 'zod';
import { tf, type Scalar, type Tensor } from '../../engine/tf.ts';
import { penaltyGradients } from './shared/anchored-penalty.ts';
import { indicator, softenedCrossEntropy } from './shared/distillation.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { outputsBefore } from './shared/exemplars.ts';
import { former, keepFormer, TAUGHT } from './shared/former.ts';
import { localCrossEntropy } from './shared/local-loss.ts';
import { readAll } from '../shared/network-variables.ts';

/** Inside a step: mean over examples of the squared distance between features [B, F] now and before. */
export const featureDistance = (now: Tensor, before: Tensor): Scalar =>
  tf.mean(tf.sum(tf.square(tf.sub(now, before)), 1)).asScalar();

/**
 * The study of Smith et al. 2023: fine-tuning on the classes of each task alone, with any of three terms that hold the
 * network to what it was when the task began: its answers for old classes, its features, or its parameters. The fourth
 * of the study, elastic weight consolidation, is a method of its own.
 */
export default defineContinualMethod({
  id: 'rehearsal-free',
  version: 1,
  title: 'Rehearsal-free regularisers',
  summary: 'Holds answers, features or parameters to what they were, with a loss on the new classes alone.',
  paper: {
    title: 'A Closer Look at Rehearsal-Free Continual Learning',
    authors: 'Smith, Tian, Halbe, Hsu, Kira',
    year: 2023,
    reference: 'arXiv:2203.17269',
    equations: 'section 3: PredKD, FeatKD, L2',
    deviations: 'PredKD is softmax distillation at temperature T, without a factor T².',
  },
  fields: {
    prediction: z.number().min(0).max(1e4).default(1).describe('Weight of the distillation of answers (PredKD)'),
    feature: z.number().min(0).max(1e4).default(0).describe('Weight of the distance of features (FeatKD)'),
    weights: z.number().min(0).max(1e6).default(0).describe('Weight of the squared distance of parameters (L2)'),
    temperature: z.number().min(0.1).max(100).default(2).describe('Temperature T of both softmaxes'),
  },
  asks: ['extra-passes', 'boundaries'],
  fits: ({ scenario }) => scenario === 'class-il' || 'Each task brings outputs of its own; it is for class-IL.',
  create: (run, { prediction, feature, weights, temperature }) => {
    const { outputs } = run.protocol;
    return {
      beginTask: (task) => keepFormer(run, task),
      phases: (task) => [
        {
          name: '',
          loss: ({ batch, batchLogits, batchFeatures, apply }) => {
            const fresh = localCrossEntropy(run, task, batchLogits, batch);
            if (task === 0 || (prediction === 0 && feature === 0)) return fresh;
            const before = apply(former(run), batch.x);
            const old = indicator(outputs, outputsBefore(run, task));
            const kept = softenedCrossEntropy(before.logits, batchLogits, temperature, old);
            const near = featureDistance(batchFeatures, before.features);
            return tf.addN([fresh, tf.mul(kept, prediction), tf.mul(near, feature)]).asScalar();
          },
          ...(task === 0 || weights === 0
            ? {}
            : {
                addedGradients: (scope, parameters) => {
                  const ones = Object.fromEntries(
                    Object.entries(parameters).map(([name, value]) => [name, tf.onesLike(value)]),
                  );
                  return penaltyGradients(parameters, ones, readAll(scope, former(run).parameters), weights);
                },
              }),
          ...(task === 0 || (prediction === 0 && feature === 0) ? {} : { passes: TAUGHT }),
        },
      ],
    };
  },
});
