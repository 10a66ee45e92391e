import { logSoftmaxRows } from '../shared/softmax.ts';
import { defineEnsemblingMethod } from './shared/define.ts';

/**
 * The range of temperatures. A fit ends outside of it only where validation data say nothing: every answer is right,
 * or every one is worthless.
 */
export const TEMPERATURES = { least: 0.05, most: 100 } as const;

/**
 * The temperature T that minimises the mean of -ln softmax(logits / T)[label]. In β = 1/T this is convex (Guo et al.
 * 2017, section 4.2, with one parameter); its derivative, mean(Σ_c p_c z_c - z_label), is brought to zero by bisection
 * within `TEMPERATURES`.
 *
 * @param logits [rows × classes]
 */
export function fitTemperature(logits: Float32Array, labels: Int32Array, classes: number): number {
  const slope = (beta: number): number => {
    const logs = logSoftmaxRows(
      logits.map((value) => value * beta),
      classes,
    );
    let sum = 0;
    for (let row = 0; row < labels.length; row += 1) {
      for (let c = 0; c < classes; c += 1) sum += Math.exp(logs[row * classes + c]) * logits[row * classes + c];
      sum -= logits[row * classes + labels[row]];
    }
    return sum;
  };
  let low = 1 / TEMPERATURES.most;
  let high = 1 / TEMPERATURES.least;
  if (slope(low) >= 0) return TEMPERATURES.most;
  if (slope(high) <= 0) return TEMPERATURES.least;
  for (let halving = 0; halving < 50; halving += 1) {
    // β spans four decades: halve its logarithm.
    const middle = Math.sqrt(low * high);
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  return 1 / Math.sqrt(low * high);
}

/** Temperature scaling (Guo et al. 2017, eq. 9): softmax(z / T) with T fitted to validation data. */
export default defineEnsemblingMethod({
  id: 'temperature-scaling',
  version: 1,
  title: 'Temperature scaling',
  summary:
    'One network whose logits are divided by a number fitted on validation data: same accuracy, better calibrated.',
  paper: {
    title: 'On Calibration of Modern Neural Networks',
    authors: 'Guo, Pleiss, Sun, Weinberger',
    year: 2017,
    reference: 'arXiv:1706.04599',
    equations: 'Eq. 9; NLL on validation data',
    deviations:
      'Fitted by bisection of the derivative in 1/T, within [0.05, 100], instead of by L-BFGS: the ' +
      'problem is convex, the answer is the same.',
  },
  asks: ['validation'],
  fields: {},
  members: () => 1,
  async fit(ensemble) {
    const validation = await ensemble.validation();
    const temperature = fitTemperature(await ensemble.logits(0, validation), validation.labels, ensemble.outputs);
    return {
      combine: ([one]) => ({ ...one, values: one.values.map((value) => value / temperature) }),
      scalars: { temperature },
      notes: [`Temperature ${temperature.toFixed(3)}, fitted on ${validation.rows} validation rows.`],
    };
  },
});
