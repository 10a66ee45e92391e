import { accuracy, brierSum, calibrationError, equalWidthSums, negativeLogLikelihood } from '../metrics/predictions.ts';
import type { Predictions } from '../methods/ensembling/shared/strategies/strategy.ts';

/** Scores by name; what is lower is better but for accuracy. */
export type Scores = Readonly<Record<string, number>>;

/** What predictions come to: NLL, accuracy, Brier score and ECE of classes, RMSE and mean absolute error of numbers. */
export function scoresOf({ kind, rows, width, values }: Predictions, target: Float64Array): Scores {
  if (kind === 'numbers') {
    let [squares, sizes] = [0, 0];
    for (let row = 0; row < rows; row += 1) {
      squares += (values[row] - target[row]) ** 2;
      sizes += Math.abs(values[row] - target[row]);
    }
    return { rmse: Math.sqrt(squares / rows), mae: sizes / rows };
  }
  const samples = samplesOf({ kind, rows, width, values }, target);
  return {
    nll: negativeLogLikelihood(samples) ?? Number.NaN,
    accuracy: accuracy(samples) ?? Number.NaN,
    brier: brierSum(samples) / rows,
    ece: calibrationError(equalWidthSums(samples)) ?? Number.NaN,
  };
}

/** Distributions and labels as the metrics take them. */
export const samplesOf = ({ width, values }: Predictions, target: Float64Array) => ({
  labels: Int32Array.from(target),
  classes: width,
  values: Float32Array.from(values),
});
