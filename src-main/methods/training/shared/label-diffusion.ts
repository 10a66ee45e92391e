import { tf } from '../../../engine/tf.ts';
import type { Scalar, Tensor } from '../../../engine/tf.ts';

/** How a label is noised, and how it is brought back step by step. Index 0 is pure noise, the last is nearly clean. */
export interface LabelDiffusion {
  /** ᾱ_t, t = 0 … T: the share of the label's variance in z_t; ascending, below 1. */
  readonly alphaBar: readonly number[];
  /** ᾱ_t / (1 − ᾱ_t). */
  readonly signalToNoise: readonly number[];
  /** z_t = a_t û_t + b_t z_{t−1} + √c_t ε, t = 1 … T; at index t − 1. */
  readonly steps: readonly { readonly a: number; readonly b: number; readonly c: number }[];
}

const OFFSET = 0.008;
const cosine = (share: number): number => Math.cos((((share + OFFSET) / (1 + OFFSET)) * Math.PI) / 2) ** 2;

/**
 * The cosine schedule of Nichol & Dhariwal 2021 run backwards over T blocks: ᾱ_t at the time 1 − t/(T+1), so that
 * ᾱ_T < 1 and the ratio of signal to noise stays finite. The coefficients are those of NoProp (Li, Teh & Pascanu 2025,
 * section 2.1): with û = u a step maps N(√ᾱ_{t−1} u, 1 − ᾱ_{t−1}) exactly to N(√ᾱ_t u, 1 − ᾱ_t).
 */
export function labelDiffusion(blocks: number): LabelDiffusion {
  const alphaBar = Array.from({ length: blocks + 1 }, (_, t) => cosine(1 - t / (blocks + 1)) / cosine(0));
  const steps = Array.from({ length: blocks }, (_, index) => {
    const [before, after] = [alphaBar[index], alphaBar[index + 1]];
    const alpha = before / after;
    return {
      a: (Math.sqrt(after) * (1 - alpha)) / (1 - before),
      b: (Math.sqrt(alpha) * (1 - after)) / (1 - before),
      c: ((1 - after) * (1 - alpha)) / (1 - before),
    };
  });
  return { alphaBar, signalToNoise: alphaBar.map((share) => share / (1 - share)), steps };
}

/** z_t = √ᾱ_t u + √(1 − ᾱ_t) ε for embedded labels u [B, d] and standard normal noise ε [B, d]. */
export function noisedLabel({ alphaBar }: LabelDiffusion, t: number, label: Tensor, noise: Tensor): Tensor {
  return tf.add(tf.mul(label, Math.sqrt(alphaBar[t])), tf.mul(noise, Math.sqrt(1 - alphaBar[t])));
}

/**
 * The loss of block t (eq. 8): (T/2)·η·(SNR_t − SNR_{t−1})·‖û_t − u‖², the mean over the batch.
 *
 * @param predicted û_t [B, d]
 * @param label u [B, d]
 */
export function denoisingLoss(
  { signalToNoise, steps }: LabelDiffusion,
  t: number,
  eta: number,
  predicted: Tensor,
  label: Tensor,
): Scalar {
  const weight = (steps.length / 2) * eta * (signalToNoise[t] - signalToNoise[t - 1]);
  return tf.mul(tf.mean(tf.sum(tf.squaredDifference(predicted, label), -1)), weight).asScalar();
}

/** z_t from z_{t−1} and what block t predicts, all [B, d] (eq. 3); without noise where none is given. */
export function denoised(
  { steps }: LabelDiffusion,
  t: number,
  before: Tensor,
  predicted: Tensor,
  noise: Tensor | null,
): Tensor {
  const { a, b, c } = steps[t - 1];
  const mean = tf.add(tf.mul(predicted, a), tf.mul(before, b));
  return noise === null ? mean : tf.add(mean, tf.mul(noise, Math.sqrt(c)));
}
