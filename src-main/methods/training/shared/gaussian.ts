import type { NetworkSpec } from '../../../engine/networks/specification.ts';
import { tf } from '../../../engine/tf.ts';
import type { Scalar, Tensor } from '../../../engine/tf.ts';
import type { NumberAnswers } from '../../contract.ts';
import type { TargetScale } from '../contract.ts';

/** Added to every variance, in standardised units. */
const LEAST_VARIANCE = 1e-6;

/** The network with two outputs for each number: all means, then what their variances come from. */
export function withVariances(spec: NetworkSpec): NetworkSpec {
  const [{ name, outputs }, ...rest] = spec.heads;
  const architecture = { ...spec.architecture, mapped: { kind: 'gaussian' } };
  return { ...spec, architecture, heads: [{ name, outputs: 2 * outputs }, ...rest] };
}

/**
 * Lakshminarayanan et al. 2017, eq. 1: the mean of ½ ln(2πσ²) + (y − μ)²/2σ², σ² = softplus(s) + 1e-6.
 *
 * @param outputs μ and s, [B, 2k]
 * @param y [B, k]
 */
export function gaussianLoss(outputs: Tensor, y: Tensor): Scalar {
  const [mean, raw] = tf.split(outputs, 2, 1);
  const variance = tf.add(tf.softplus(raw), LEAST_VARIANCE);
  const each = tf.add(tf.log(tf.mul(variance, 2 * Math.PI)), tf.div(tf.squaredDifference(y, mean), variance));
  return tf.mul(tf.mean(each), 0.5).asScalar();
}

/**
 * The normal distribution with mean and variance of the mixture of several networks' (section 2.4): μ* = mean μ,
 * σ*² = mean(σ² + μ²) − μ*², in the units of the target.
 *
 * @param members μ and s of each row, [rows × 2k]
 */
export function mixture(
  members: readonly Float32Array[],
  { names, mean: centre, deviation }: TargetScale,
): NumberAnswers {
  const width = names.length;
  const rows = members[0].length / (2 * width);
  const values = new Float32Array(rows * width);
  const deviations = new Float32Array(rows * width);
  for (let at = 0; at < values.length; at += 1) {
    const place = 2 * width * Math.floor(at / width) + (at % width);
    const means = members.map((raw) => raw[place]);
    const mean = means.reduce((sum, value) => sum + value, 0) / members.length;
    const variance = members.reduce(
      (sum, raw, m) => sum + (softplus(raw[place + width]) + LEAST_VARIANCE + (means[m] - mean) ** 2) / members.length,
      0,
    );
    values[at] = mean * deviation + centre;
    deviations[at] = Math.sqrt(variance) * deviation;
  }
  return { kind: 'numbers', width, values, deviations };
}

const softplus = (value: number): number => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)));
