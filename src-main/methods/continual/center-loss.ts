import { z } from 'zod';
import { tf, type Scalar, type Tensor } from '../../engine/tf.ts';
import { baseFields, baseHooks } from './shared/bases.ts';
import { defineContinualMethod } from './shared/driver.ts';

/** Mean over examples of ½‖f − c_y‖²: features [B, F], centres [classes, F], labels [B] (Wen et al. 2016, eq. 2). */
export function centreDistance(features: Tensor, centres: Tensor, labels: Tensor): Scalar {
  const own = tf.matMul(tf.oneHot(labels, centres.shape[0]), centres.as2D(centres.shape[0], -1));
  return tf.mul(tf.mean(tf.sum(tf.square(tf.sub(features, own)), 1)), 0.5).asScalar();
}

/** Centres after a batch: c − α Σ (c − f) / (1 + n) over the n examples of each class (Wen et al. 2016, eq. 4). */
export function movedCentres(centres: Tensor, features: Tensor, labels: Tensor, rate: Tensor | number): Tensor {
  const member = tf.oneHot(labels, centres.shape[0]).as2D(labels.size, -1);
  const counts = tf.expandDims(tf.sum(member, 0), 1);
  const gaps = tf.sub(tf.mul(centres, counts), tf.matMul(member, features.as2D(labels.size, -1), true, false));
  return tf.sub(centres, tf.mul(tf.div(gaps, tf.add(counts, 1)), rate));
}

/**
 * Center loss in continual learning (Piyasena et al. 2022): features are pulled to a centre of their class. Centres are
 * learnt with the first task; later their rate and that of the output layer are low, so that features of new
 * examples come to lie where those of old ones were.
 */
export default defineContinualMethod({
  id: 'center-loss',
  version: 1,
  title: 'Center loss',
  summary: 'Pulls features to centres of their classes that are learnt with the first task and hardly move afterwards.',
  paper: {
    title: 'Center Loss Regularization for Continual Learning',
    authors: 'Piyasena, Wijesinghe, Lam, Wu',
    year: 2021,
    reference: 'arXiv:2110.11314',
    equations: 'the loss and its two phases',
    deviations:
      'Written without a program of the authors at hand: by how much rates are lowered after the first task is a ' +
      'choice of settings. The pull acts on the batch of the stream, over whichever base.',
  },
  fields: {
    lambda: z.number().min(0).max(100).default(0.05).describe('Weight λ of half the squared distance to the centre'),
    centreRate: z.number().min(0).max(1).default(0.5).describe('Rate α of centres in the first task'),
    laterCentreRate: z.number().min(0).max(1).default(0).describe('Rate α of centres in later tasks'),
    laterHeadShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.1)
      .describe('Share of its update that the output layer is given in later tasks'),
    ...baseFields,
    base: baseFields.base.default('naive'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  create: (run, { lambda, centreRate, laterCentreRate, laterHeadShare, ...base }) => {
    const { engine, network } = run.context;
    const [head] = network.spec.heads;
    const ofHead = network.params.map(({ name }) => name).filter((name) => name.startsWith(`${head.name}/`));
    const width = network.params.find(({ name }) => name === `${head.name}/kernel`)?.shape[0] ?? 0;
    const centres = run.variable('centres', { shape: [network.outputs, width], dtype: 'float32' });
    const rate = run.variable('centre-rate', { shape: [], dtype: 'float32' });
    const headShare = run.variable('head-share', { shape: [], dtype: 'float32' });
    const hooks = baseHooks(run, base);
    return {
      ...hooks,
      loss: (losses) => {
        const { scope, batch, batchFeatures } = losses;
        const now = scope.read(centres);
        const pull = centreDistance(batchFeatures, now, batch.y);
        scope.assign(centres, movedCentres(now, batchFeatures, batch.y, scope.read(rate)));
        const plain = hooks.loss?.(losses) ?? losses.crossEntropy(losses.batchLogits, batch);
        return tf.add(plain, tf.mul(pull, lambda)).asScalar();
      },
      afterUpdate: (scope, { before }) => {
        for (const name of ofHead) {
          const move = tf.sub(scope.read(run.parameters[name]), before[name]);
          scope.assign(run.parameters[name], tf.add(before[name], tf.mul(move, scope.read(headShare))));
        }
      },
      beginTask: async (task) => {
        engine.write(rate, Float32Array.of(task === 0 ? centreRate : laterCentreRate));
        engine.write(headShare, Float32Array.of(task === 0 ? 1 : laterHeadShare));
      },
    };
  },
});
