import { z } from 'zod';
import { tf, type Scalar, type Tensor } from '../../engine/tf.ts';
import { baseFields, baseHooks } from './shared/bases.ts';
import { defineContinualMethod } from './shared/driver.ts';

/** ½ mean ‖f − c_y‖² of features [B, F] from the centres [C, F] of their classes. */
export function centreDistance(features: Tensor, labels: Tensor, centres: Tensor): Scalar {
  const own = tf.matMul(tf.oneHot(labels, centres.shape[0]).toFloat(), centres.as2D(...sizes(centres)));
  return tf.mul(tf.mean(tf.sum(tf.square(tf.sub(features, own)), -1)), 0.5).asScalar();
}

/** c − α Σ (c − f) / (1 + n) over the n examples of each class in the batch (Wen et al. 2016, eq. 4). */
export function movedCentres(features: Tensor, labels: Tensor, centres: Tensor, rate: Tensor | number): Tensor {
  const members = tf.oneHot(labels, centres.shape[0]).toFloat();
  const counts = tf.expandDims(tf.sum(members, 0), 1);
  const sums = tf.matMul(members, features.as2D(...sizes(features)), true, false);
  return tf.sub(centres, tf.mul(tf.div(tf.sub(tf.mul(centres, counts), sums), tf.add(counts, 1)), rate));
}

const sizes = ({ shape }: Tensor): [number, number] => [shape[0], shape[1] ?? 1];

/**
 * Centre loss regularisation (Olpadkar & Gavas 2021): features are drawn to the centre of their class. Centres are
 * learnt in the first task and then move at a lower rate or not at all, so that later tasks put examples of a class
 * where earlier ones did.
 */
export default defineContinualMethod({
  id: 'center-loss',
  version: 1,
  title: 'Center loss regularisation',
  summary: 'Draws features to a centre of their class, which stays where the first task put it.',
  paper: {
    title: 'Center Loss Regularization for Continual Learning',
    authors: 'Olpadkar, Gavas',
    year: 2021,
    reference: 'arXiv:2110.11314',
    equations: 'section 3; centres as Wen et al. 2016, eqs. 2 to 4',
    deviations:
      "The rate of the output layer is not lowered after the first task. Rates and λ are not the paper's, whose code " +
      'was not found.',
  },
  fields: {
    lambda: z.number().min(0).max(100).default(0.05).describe('Weight λ of ½ mean ‖f − c‖²'),
    firstRate: z.number().min(0).max(1).default(0.5).describe('Rate α of the centres in the first task'),
    laterRate: z.number().min(0).max(1).default(0).describe('Rate α of the centres in later tasks'),
    ...baseFields,
    base: baseFields.base.default('naive'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  fits: ({ scenario }) =>
    scenario === 'domain-il' || 'Centres are learnt in the first task, which has to show every class: domains only.',
  create: (run, { lambda, firstRate, laterRate, ...values }) => {
    const { network } = run.context;
    const base = baseHooks(run, values);
    const head = network.params.find(({ name }) => name === `${network.spec.heads[0].name}/kernel`);
    const centres = run.variable('centres', { shape: [run.protocol.outputs, head?.shape[0] ?? 1], dtype: 'float32' });
    return {
      ...base,
      inputs: { ...base.inputs, centreRate: { shape: [], dtype: 'float32' } },
      feed: (place, ids) => ({
        ...base.feed?.(place, ids),
        centreRate: Float32Array.of(place.task === 0 ? firstRate : laterRate),
      }),
      loss: (losses) => {
        const { scope, batch, batchFeatures, inputs } = losses;
        const now = scope.read(centres);
        const plain = base.loss?.(losses) ?? losses.crossEntropy(losses.batchLogits, batch);
        const distance = centreDistance(batchFeatures, batch.y, now);
        scope.assign(centres, movedCentres(batchFeatures, batch.y, now, inputs['centreRate']));
        return tf.add(plain, tf.mul(distance, lambda)).asScalar();
      },
    };
  },
});
