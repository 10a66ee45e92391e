import { z } from 'zod';
import { tf } from '../../engine/tf.ts';
import { solvePositive } from '../merging/shared/positive-system.ts';
import { ofSeen, storedMeans, streamInto, type ClassMeans } from './shared/class-means.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { featureFields, frozenFeatures, type LabelledRows } from './shared/frozen-features.ts';
import { scatterOf } from './shared/scatter.ts';

/**
 * Streams rows into the means and answers √w · (row − mean of its class before it): the sum of their outer products is
 * n Σ. In the paper w is n / (n + 1) for the n rows of all classes before. Where n counts the rows of the class alone,
 * the sum is the scatter within classes, whatever their order.
 */
export function scatterRows(means: ClassMeans, rows: LabelledRows, counted: 'all' | 'own'): Float32Array {
  const weighted = new Float32Array(rows.values.length);
  streamInto(means, rows, (row, deviation, before) => {
    const n = before[counted];
    const root = Math.sqrt(n / (n + 1));
    for (let i = 0; i < means.width; i++) weighted[row * means.width + i] = root * deviation[i];
  });
  return weighted;
}

/** With Λ = ((1 − ε) Σ + ε I)⁻¹: weights Λ μ [width × classes] and biases −½ μᵀ Λ μ of the classes. */
export function discriminants(
  covariance: Float64Array,
  { means, width }: ClassMeans,
  shrinkage: number,
): { readonly weights: Float64Array; readonly biases: Float64Array } {
  const classes = means.length / width;
  const shrunk = covariance.map((value, at) => (1 - shrinkage) * value + (at % (width + 1) === 0 ? shrinkage : 0));
  const weights = Float64Array.from(means, (_, at) => means[(at % classes) * width + Math.floor(at / classes)]);
  solvePositive(shrunk, weights, width);
  const biases = new Float64Array(classes);
  weights.forEach((weight, at) => {
    const [i, output] = [Math.floor(at / classes), at % classes];
    biases[output] -= (weight * means[output * width + i]) / 2;
  });
  return { weights, biases };
}

/**
 * Deep streaming linear discriminant analysis (Hayes & Kanan 2020): a mean for each class and one
 * covariance of all, both updated example by example, over frozen features.
 */
export default defineContinualMethod({
  id: 'streaming-lda',
  version: 1,
  title: 'Streaming linear discriminant analysis (SLDA)',
  summary: 'Streams class means and one shared covariance of frozen features, and answers by linear discriminants.',
  paper: {
    title: 'Lifelong Machine Learning with Deep Streaming Linear Discriminant Analysis',
    authors: 'Hayes, Kanan',
    year: 2020,
    reference: 'arXiv:1909.01520',
    equations:
      'section of the method: Σ ← (n Σ + n/(n+1) d dᵀ)/(n+1) with d = x − μ_y, then μ_y += d/(c_y+1); ' +
      'scores Λ μ · x − ½ μᵀ Λ μ with Λ = ((1 − ε) Σ + ε I)⁻¹',
    deviations:
      'The covariance begins with the first example, not with one that was measured on a base set. Its inverse is ' +
      'taken once after each task. With `covariance = pooled` the n of an example counts its class alone: the ' +
      'covariance is then the one within classes, in whatever order examples come.',
  },
  fields: {
    ...featureFields,
    shrinkage: z.number().min(1e-8).max(1).default(1e-4).describe('ε: share of the identity in the covariance'),
    covariance: z
      .enum(['streaming', 'pooled'])
      .default('streaming')
      .describe("'streaming': updated as in the paper; 'pooled': within classes, the same in any order of examples"),
  },
  asks: ['boundaries'],
  create: (run, { features: kind, shrinkage, covariance }) => {
    const { protocol, context, variable } = run;
    const { engine } = context;
    const features = frozenFeatures(run, kind);
    const { width } = features;
    const stored = storedMeans(run, width);
    const scatter = variable('scatter', { shape: [width, width], dtype: 'float32' });
    const weights = variable('discriminants', { shape: [width, protocol.outputs], dtype: 'float32' });
    const biases = variable('discriminant-biases', { shape: [protocol.outputs], dtype: 'float32' });
    const add = scatterOf(engine, width);
    const predictor = features.predictor('logits', (scope, rows) => {
      const answers = tf.matMul(rows.as2D(-1, width), scope.read(weights).as2D(width, -1));
      return ofSeen(scope, stored.counts, tf.add(answers, scope.read(biases)));
    });
    return {
      predictor: () => predictor,
      phases: features.phases,
      endTask: async (task) => {
        const means = await stored.read();
        const sum = Float64Array.from(await engine.read(scatter));
        const { ids } = protocol.tasks[task];
        const order = run.stream(`order/task${task}`).permutation(ids.length);
        for await (const rows of features.parts(Int32Array.from(order, (at) => ids[at])))
          await add(sum, scatterRows(means, rows, covariance === 'pooled' ? 'own' : 'all'));
        stored.write(means);
        engine.write(scatter, Float32Array.from(sum));
        const seen = means.counts.reduce((all, count) => all + count, 0);
        const found = discriminants(
          sum.map((value) => value / seen),
          means,
          shrinkage,
        );
        engine.write(weights, Float32Array.from(found.weights));
        engine.write(biases, Float32Array.from(found.biases));
      },
    };
  },
});
