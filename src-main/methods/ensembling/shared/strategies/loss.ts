import type { Predictions } from './strategy.ts';

/** What strategies are chosen by: NLL of classes, mean squared error of numbers. */
export function lossOf({ kind, rows, width, values }: Predictions, target: Float64Array): number {
  let sum = 0;
  for (let row = 0; row < rows; row += 1)
    sum +=
      kind === 'numbers'
        ? (values[row] - target[row]) ** 2
        : -Math.log(Math.max(1e-12, values[row * width + target[row]]));
  return sum / rows;
}
