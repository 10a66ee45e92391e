import { minimised } from './shared/lbfgs.ts';
import { meanNll } from './shared/likelihood.ts';
import { defineLogitCalibration } from './shared/calibration.ts';

/**
 * softmax(w ⊙ z + b) with the least mean NLL, from w = 1 and b = 0 on. b, which is free up to a constant, sums to 0.
 *
 * @param logits [rows × classes]
 */
export function fitVectorScaling(
  logits: ArrayLike<number>,
  labels: Int32Array,
  classes: number,
): { readonly w: Float64Array; readonly b: Float64Array } {
  const start = Float64Array.from({ length: 2 * classes }, (_, at) => (at < classes ? 1 : 0));
  const fitted = minimised(
    (parameters) => {
      const { value, slopes } = meanNll(scaled(logits, parameters, classes), labels, classes);
      const gradient = new Float64Array(2 * classes);
      for (const [at, slope] of slopes.entries()) {
        gradient[at % classes] += slope * logits[at];
        gradient[classes + (at % classes)] += slope;
      }
      return { value, gradient };
    },
    2 * classes,
    1e-9,
    start,
  );
  const b = fitted.subarray(classes);
  const mean = b.reduce((sum, value) => sum + value, 0) / classes;
  return { w: fitted.subarray(0, classes), b: b.map((value) => value - mean) };
}

const scaled = (logits: ArrayLike<number>, parameters: Float64Array, classes: number): Float64Array =>
  Float64Array.from(logits, (z, at) => parameters[at % classes] * z + parameters[classes + (at % classes)]);

/** Vector scaling (Guo et al. 2017, section 4.2): softmax(w ⊙ z + b), fitted to validation data. */
export default defineLogitCalibration({
  id: 'vector-scaling',
  version: 1,
  title: 'Vector scaling',
  summary: 'One network whose logits have a factor and an offset for each class, fitted on validation data.',
  paper: {
    title: 'On Calibration of Modern Neural Networks',
    authors: 'Guo, Pleiss, Sun, Weinberger',
    year: 2017,
    reference: 'arXiv:1706.04599',
    equations: 'Section 4.2, matrix and vector scaling: eq. 8 with a diagonal W',
    deviations: 'Fitted by L-BFGS in float64 to a gradient of 1e-9; offsets sum to 0.',
  },
  fields: {},
  fit(logits, labels, classes) {
    const { w, b } = fitVectorScaling(logits, labels, classes);
    const negative = w.filter((weight) => weight < 0).length;
    return {
      map: (given) => Float32Array.from(scaled(given, Float64Array.of(...w, ...b), classes)),
      note: `Factors from ${Math.min(...w).toFixed(3)} to ${Math.max(...w).toFixed(3)}, ${negative} below 0.`,
    };
  },
});
