import { z } from 'zod';
import { tf, type Tensor } from '../../engine/tf.ts';
import { solvePositive } from '../merging/shared/positive-system.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { featureFields, frozenFeatures } from './shared/frozen-features.ts';
import { ofSeen } from './shared/class-means.ts';

/** Inside a step: ReLU of features [B, F] times a random matrix [F, M]. */
export function randomFeatures(features: Tensor, projection: Tensor): Tensor {
  return tf.relu(tf.matMul(features.as2D(-1, projection.shape[0]), projection.as2D(projection.shape[0], -1)));
}

/** (G + λ I)⁻¹ Q of G [size × size] and Q [size × classes], row-major. */
export function ridgeWeights(gram: ArrayLike<number>, sums: ArrayLike<number>, ridge: number): Float64Array {
  const size = Math.sqrt(gram.length);
  const ridged = Float64Array.from(gram, (value, at) => value + (at % (size + 1) === 0 ? ridge : 0));
  const weights = Float64Array.from(sums);
  solvePositive(ridged, weights, size);
  return weights;
}

/**
 * RanPAC (McDonnell et al. 2023): features go through a random matrix and a ReLU, and the
 * ridge regression of the classes on them is solved from sums over all examples, which no order of the tasks changes.
 */
export default defineContinualMethod({
  id: 'random-projection',
  version: 1,
  title: 'Random projections (RanPAC)',
  summary: 'Ridge regression on random ReLU features of frozen features, solved from sums that forget nothing.',
  paper: {
    title: 'RanPAC: Random Projections and Pre-trained Models for Continual Learning',
    authors: 'McDonnell, Gong, Parvaneh, Abbasnejad, van den Hengel',
    year: 2023,
    reference: 'arXiv:2307.02251',
    equations: 'algorithm 1: G = Σ h hᵀ, C = Σ h yᵀ, weights (G + λ I)⁻¹ C with h = ReLU(Wᵀ f)',
    deviations:
      'λ is set, not chosen anew on a part of every task, so that answers do not depend on which task came last. ' +
      'The network is the one of the suite, not a pre-trained one; fewer random features by default (10,000 there).',
  },
  fields: {
    ...featureFields,
    size: z.number().int().min(1).max(4000).default(1000).describe('Random features M'),
    ridge: z.number().min(1e-8).max(1e8).default(100).describe('λ of the ridge regression'),
  },
  asks: ['boundaries'],
  create: (run, { features: kind, size, ridge }) => {
    const { protocol, context, variable } = run;
    const { engine } = context;
    const { outputs } = protocol;
    const features = frozenFeatures(run, kind);
    const projection = variable('projection', { shape: [features.width, size], dtype: 'float32' }, () => {
      const draws = run.stream('projection');
      return Float32Array.from({ length: features.width * size }, () => draws.normal());
    });
    const counts = variable('class-counts', { shape: [outputs], dtype: 'float32' });
    const gram = variable('gram', { shape: [size, size], dtype: 'float32' });
    const sums = variable('class-sums', { shape: [size, outputs], dtype: 'float32' });
    const weights = variable('weights', { shape: [size, outputs], dtype: 'float32' });
    const products = engine.compileStep({
      name: 'random-projection/products',
      inputs: {
        rows: { shape: [-1, features.width], dtype: 'float32' },
        labels: { shape: [-1], dtype: 'int32' },
      },
      body: ({ rows, labels }, scope) => {
        const random = randomFeatures(rows, scope.read(projection)).as2D(-1, size);
        const hot = tf.oneHot(labels.as1D(), outputs, 1, 0, 'float32').as2D(-1, outputs);
        return {
          gram: tf.matMul(random, random, true, false),
          sums: tf.matMul(random, hot, true, false),
          counts: tf.sum(hot, 0),
        };
      },
    });
    const predictor = features.predictor('scores', (scope, rows) => {
      const answers = tf.matMul(
        randomFeatures(rows, scope.read(projection)).as2D(-1, size),
        scope.read(weights).as2D(size, -1),
      );
      return ofSeen(scope, counts, answers);
    });
    return {
      predictor: () => predictor,
      phases: features.phases,
      endTask: async (task) => {
        const totals = [gram, sums, counts] as const;
        const added = await Promise.all(totals.map(async (total) => Float64Array.from(await engine.read(total))));
        for await (const { values, labels } of features.parts(protocol.tasks[task].ids)) {
          const [part] = await products.run([{ rows: values, labels }]);
          for (const [at, from] of [part.gram, part.sums, part.counts].entries())
            for (let i = 0; i < from.length; i++) added[at][i] += from[i];
        }
        totals.forEach((total, at) => engine.write(total, Float32Array.from(added[at])));
        engine.write(weights, Float32Array.from(ridgeWeights(added[0], added[1], ridge)));
      },
    };
  },
});
