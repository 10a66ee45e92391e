import { z } from 'zod';
import { mapLayers } from '../../engine/networks/map-layers.ts';
import { tf, type Tensor } from '../../engine/tf.ts';
import { defineContinualMethod } from './shared/driver.ts';

/** Under the root of what gradients are divided by. */
const EPSILON = 1e-6;

/** Inside a step: g / √(ω + ε). */
export const slowed = (gradient: Tensor, importance: Tensor): Tensor =>
  tf.div(gradient, tf.sqrt(tf.add(importance, EPSILON)));

/** Inside a step: ω + .01 |∂ mean(logits²)/∂w|, streaming MAS. */
export const streamedImportance = (importance: Tensor, sensitivity: Tensor): Tensor =>
  tf.add(importance, tf.mul(tf.abs(sensitivity), 0.01));

/**
 * The pairwise layer (Keskinen 2024, repository skeskinen/pairwise_online_learning): the head is made of products of
 * two hidden units, each pair speaking for one class, over GELU units of which the largest share passes what it has
 * more than the others. Few pairs are active at once, so a class overwrites few weights of another. Weights that
 * answers were sensitive to are slowed down by streaming MAS, or by a sum of squared gradients; no boundary is told.
 */
export default defineContinualMethod({
  id: 'pairwise',
  version: 1,
  title: 'Pairwise layer',
  summary: 'A head of products of two sparse hidden units; steps slow down where answers were sensitive.',
  paper: {
    title: 'Task agnostic continual learning with Pairwise layer architecture',
    authors: 'Keskinen',
    year: 2024,
    reference: 'arXiv:2405.13632',
    equations: 'the layer, streaming MAS and the variant of Adagrad of the published code',
    deviations:
      'Each pair is used once and belongs to the classes in turn, where the code draws pairs. Tasks come in the ' +
      'order of the suite.',
  },
  fields: {
    head: z
      .enum(['pairwise', 'dense'])
      .default('pairwise')
      .describe('Products of pairs, or the plain head on the same units'),
    learner: z
      .enum(['s-mas', 'adagrad', 'sgd'])
      .default('s-mas')
      .describe('What slows steps down: sensitivity of answers, squared gradients (ω += 0.8 g²), or nothing'),
    share: z.number().min(0.001).max(1).default(0.18).describe('Share of the hidden units that may pass'),
  },
  asks: ['extra-passes'],
  fits: ({ network: { layers } }) =>
    (layers.length === 2 && layers[0].kind === 'dense' && layers[1].kind === 'relu') ||
    'The pairwise layer stands on one hidden layer.',
  network: (spec, { head, share }) => {
    let units = 1;
    return mapLayers(spec, { kind: 'pairwise', head, share }, (layer, place) => {
      if (place === 'head')
        return head === 'pairwise' && layer.kind === 'dense'
          ? { kind: 'pairwise', name: layer.name, units: layer.units }
          : layer;
      if (layer.kind === 'dense') units = layer.units;
      return layer.kind === 'relu'
        ? [{ kind: 'gelu' }, { kind: 'top-k', k: Math.max(1, Math.floor(share * units)) }]
        : layer;
    });
  },
  optimiser: ({ lr }) => ({ kind: 'sgd', lr }),
  create: (run, { learner }) => {
    const importance = Object.fromEntries(
      Object.entries(run.parameters).map(([name, { shape }]) => [
        name,
        run.variable(`importance/${name}`, { shape, dtype: 'float32' }),
      ]),
    );
    return {
      passes: learner === 's-mas' ? { forward: 2, backward: 2 } : { forward: 1, backward: 1 },
      ...(learner === 's-mas'
        ? {
            lookahead: ({ scope, gradients }) => {
              const sensitivities = gradients(({ batchLogits }) => tf.mean(tf.square(batchLogits)).asScalar());
              for (const [name, sensitivity] of Object.entries(sensitivities))
                scope.assign(importance[name], streamedImportance(scope.read(importance[name]), sensitivity));
              return {};
            },
          }
        : {}),
      ...(learner === 'sgd'
        ? {}
        : {
            transformGradients: (scope, gradients) =>
              Object.fromEntries(
                Object.entries(gradients).map(([name, gradient]) => {
                  const known = scope.read(importance[name]);
                  if (learner === 's-mas') return [name, slowed(gradient, known)];
                  const next = tf.add(known, tf.mul(tf.square(gradient), 0.8));
                  scope.assign(importance[name], next);
                  return [name, slowed(gradient, next)];
                }),
              ),
          }),
    };
  },
});
