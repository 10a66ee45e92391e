import { z } from 'zod';
import { minimised } from './shared/lbfgs.ts';
import { meanNll } from './shared/likelihood.ts';
import { defineLogitCalibration } from './shared/calibration.ts';

/**
 * softmax(W z + b) with the least mean NLL + λ Σ_{i≠j} W²_ij / (K(K−1)) + μ Σ b² / K (Kull et al. 2019, eq. 6; without
 * penalty Guo et al. 2017, eq. 8), from W = 1 and b = 0 on.
 *
 * @param logits [rows × classes]
 * @returns W row by row, then b
 */
export function fitMatrixScaling(
  logits: ArrayLike<number>,
  labels: Int32Array,
  classes: number,
  { lambda, mu }: { readonly lambda: number; readonly mu: number },
): Float64Array {
  const size = classes * (classes + 1);
  const offsets = classes * classes;
  const start = Float64Array.from({ length: size }, (_, at) => (at < offsets && at % (classes + 1) === 0 ? 1 : 0));
  return minimised(
    (parameters) => {
      const likelihood = meanNll(mapped(logits, parameters, classes), labels, classes);
      let { value } = likelihood;
      const gradient = new Float64Array(size);
      for (const [at, slope] of likelihood.slopes.entries()) {
        const k = at % classes;
        for (let j = 0; j < classes; j += 1) gradient[k * classes + j] += slope * logits[at - k + j];
        gradient[offsets + k] += slope;
      }
      for (const [at, parameter] of parameters.entries()) {
        if (at < offsets && at % (classes + 1) === 0) continue;
        const weight = at < offsets ? lambda / (classes * (classes - 1)) : mu / classes;
        value += weight * parameter ** 2;
        gradient[at] += 2 * weight * parameter;
      }
      return { value, gradient };
    },
    size,
    1e-9,
    start,
  );
}

/** W z + b of every row; the parameters are W row by row, then b. */
export function mapped(logits: ArrayLike<number>, parameters: Float64Array, classes: number): Float64Array {
  return Float64Array.from(logits, (_, at) => {
    const k = at % classes;
    let sum = parameters[classes * classes + k];
    for (let j = 0; j < classes; j += 1) sum += parameters[k * classes + j] * logits[at - k + j];
    return sum;
  });
}

const penalty = (what: string) =>
  z.number().min(0).max(100).default(0).describe(`Penalty on ${what}; 0 as in Guo et al.`);

/** Matrix scaling (Guo et al. 2017, eq. 8): softmax(W z + b), fitted to validation data. */
export default defineLogitCalibration({
  id: 'matrix-scaling',
  version: 1,
  title: 'Matrix scaling',
  summary: 'One network whose logits go through a linear layer fitted on validation data.',
  paper: {
    title: 'On Calibration of Modern Neural Networks',
    authors: 'Guo, Pleiss, Sun, Weinberger',
    year: 2017,
    reference: 'arXiv:1706.04599',
    equations: 'Eq. 8; the penalties λ and μ are those of Kull et al. 2019 (arXiv:1910.12656, ODIR)',
    deviations:
      'Fitted by L-BFGS in float64 to a gradient of 1e-9 or 1,000 steps: rows that W can tell apart have no optimum.',
  },
  fields: { lambda: penalty('W off its diagonal, λ'), mu: penalty('offsets, μ') },
  fit(logits, labels, classes, values) {
    const parameters = fitMatrixScaling(logits, labels, classes, values);
    return {
      map: (given) => Float32Array.from(mapped(given, parameters, classes)),
      note: `${parameters.length} parameters.`,
    };
  },
});
