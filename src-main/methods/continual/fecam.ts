import { z } from 'zod';
import { tf, type Tensor } from '../../engine/tf.ts';
import { solvePositive } from '../merging/shared/positive-system.ts';
import { joined } from '../shared/network-predictor.ts';
import { ofSeen, storedMeans, streamInto } from './shared/class-means.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { featureFields, frozenFeatures } from './shared/frozen-features.ts';
import { scatterOf } from './shared/scatter.ts';

/** Inside a step: Tukey's ladder of powers, of the magnitude where a feature is negative. */
export function tukey(features: Tensor, power: number): Tensor {
  return power === 1 ? features : tf.mul(tf.sign(features), tf.pow(tf.abs(features), power));
}

/**
 * The inverse of a covariance [width × width] after shrinkage: its mean variance times γ₁ is added to the
 * diagonal, its mean covariance (of those that are not 0) times γ₂ to the rest; then it is made a correlation.
 */
export function precision(
  covariance: Float64Array,
  { gamma1, gamma2, correlation }: { readonly gamma1: number; readonly gamma2: number; readonly correlation: boolean },
): Float64Array {
  const width = Math.sqrt(covariance.length);
  const isDiagonal = (at: number): boolean => at % (width + 1) === 0;
  const mean = (values: Float64Array): number =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const variance = mean(covariance.filter((_, at) => isDiagonal(at)));
  const identity = Float64Array.from(covariance, (_, at) => (isDiagonal(at) ? 1 : 0));
  // One example, or equal ones: only how far away they are is known.
  if (variance === 0) return identity;
  const rest = mean(covariance.filter((value, at) => !isDiagonal(at) && value !== 0));
  const shrunk = covariance.map((value, at) => value + (isDiagonal(at) ? gamma1 * variance : gamma2 * rest));
  const deviations = Float64Array.from({ length: width }, (_, i) => Math.sqrt(shrunk[i * (width + 1)]));
  const kept = correlation
    ? shrunk.map((value, at) => value / (deviations[Math.floor(at / width)] * deviations[at % width]))
    : shrunk;
  try {
    solvePositive(kept, identity, width);
    return identity;
  } catch (error) {
    // Where many features are never active, γ₂ may outweigh γ₁.
    if (error instanceof RangeError && gamma1 < 1e12)
      return precision(covariance, { gamma1: 2 * gamma1, gamma2, correlation });
    throw error;
  }
}

/** Inside a step: (x − μ) P (x − μ)ᵀ of each row x of features [B, F], both of unit length first if asked. */
export function mahalanobis(features: Tensor, mean: Tensor, inverse: Tensor, isUnit: boolean): Tensor {
  const unit = (rows: Tensor): Tensor =>
    isUnit ? tf.div(rows, tf.maximum(tf.norm(rows, 'euclidean', -1, true), 1e-12)) : rows;
  const away = tf.sub(unit(features), unit(mean));
  const width = inverse.shape[0];
  return tf.sum(tf.mul(tf.matMul(away.as2D(-1, width), inverse.as2D(width, width)), away), 1);
}

/**
 * FeCAM (Goswami et al. 2023): each class has a mean and a covariance of its own in a space of frozen
 * features, and the class at the least Mahalanobis distance answers. Classes do not touch each other: no order matters.
 */
export default defineContinualMethod({
  id: 'fecam',
  version: 1,
  title: 'FeCAM',
  summary: 'Keeps mean and covariance of each class of frozen features, and answers by the Mahalanobis distance.',
  paper: {
    title: 'FeCAM: Exploiting the Heterogeneity of Class Distributions in Exemplar-Free Continual Learning',
    authors: 'Goswami, Liu, Twardowski, van de Weijer',
    year: 2023,
    reference: 'arXiv:2309.14062',
    equations:
      "Mahalanobis distance by class; shrinkage and normalisation of covariances; Tukey's transformation. Defaults " +
      'as in Avalanche',
    deviations:
      'Of negative features the power is taken of the magnitude. The covariance divides by the rows less one. Where ' +
      'it is not positive definite after shrinkage γ₁ is doubled until it is.',
  },
  fields: {
    ...featureFields,
    power: z
      .number()
      .min(0.01)
      .max(1)
      .default(0.5)
      .describe("λ of Tukey's transformation; 1 leaves features as they are"),
    gamma1: z.number().min(1e-6).max(1000).default(1).describe('γ₁: mean variances added to every variance'),
    gamma2: z.number().min(0).max(1000).default(1).describe('γ₂: mean covariances added to every covariance'),
    correlation: z.boolean().default(true).describe('Make a correlation of the covariance of each class'),
    unit: z.boolean().default(true).describe('Compare features and means of unit length'),
  },
  asks: ['boundaries'],
  fits: ({ scenario }) => scenario !== 'domain-il' || 'A class is measured once; here every task has the same ones.',
  create: (run, { features: kind, power, unit, ...shrinkage }) => {
    const { protocol, context, variable } = run;
    const { engine } = context;
    const features = frozenFeatures(run, kind);
    const { width } = features;
    const stored = storedMeans(run, width);
    const inverses = variable('precisions', { shape: [protocol.outputs, width, width], dtype: 'float32' });
    const add = scatterOf(engine, width);
    const row = (at: number): Tensor => tf.tensor1d([at], 'int32');
    const predictor = features.predictor('scores', (scope, x) => {
      const powered = tukey(x, power);
      const distances = Array.from({ length: protocol.outputs }, (_, output) => {
        const inverse = scope.gather(inverses, row(output)).as2D(width, width);
        return mahalanobis(powered, scope.gather(stored.means, row(output)), inverse, unit);
      });
      return ofSeen(scope, stored.counts, tf.neg(tf.stack(distances, 1)));
    });
    const powered = (values: Float32Array): Float32Array =>
      power === 1 ? values : values.map((value) => Math.sign(value) * Math.abs(value) ** power);
    return {
      predictor: () => predictor,
      phases: features.phases,
      endTask: async (task) => {
        const means = await stored.read();
        const all = Float32Array.from(await engine.read(inverses));
        for (const output of protocol.tasks[task].outputs) {
          const parts: Float32Array[] = [];
          for await (const { values, labels } of features.parts(
            protocol.tasks[task].ids.filter((id) => protocol.labelOf(id) === output),
          )) {
            parts.push(powered(values));
            streamInto(means, { values: parts[parts.length - 1], labels });
          }
          const mean = means.means.subarray(output * width, (output + 1) * width);
          const scatter = new Float64Array(width * width);
          await add(
            scatter,
            joined(parts).map((value, at) => value - mean[at % width]),
          );
          const covariance = scatter.map((value) => value / Math.max(1, means.counts[output] - 1));
          all.set(precision(covariance, shrinkage), output * width * width);
        }
        stored.write(means);
        engine.write(inverses, all);
      },
    };
  },
});
