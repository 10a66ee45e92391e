import { topClasses } from './predictions.ts';
import type { SampleProbabilities } from './primitives.ts';

/**
 * Selective prediction (Geifman, Uziel & El-Yaniv 2019): rows are answered in the order of falling confidence; the risk
 * at coverage i/n is the share of wrong ones among the first i. Rows of equal confidence share their mean error, so
 * that their order does not matter.
 */
export function risks(confidence: ArrayLike<number>, errors: ArrayLike<number>): Float64Array {
  const order = Array.from(confidence, (_, row) => row).sort((a, b) => (confidence[b] ?? 0) - (confidence[a] ?? 0));
  const found = new Float64Array(order.length);
  let sum = 0;
  for (let from = 0; from < order.length;) {
    const level = confidence[order[from] ?? 0];
    let to = from;
    let wrong = 0;
    for (; to < order.length && confidence[order[to] ?? 0] === level; to += 1) wrong += errors[order[to] ?? 0] ?? 0;
    for (let i = from; i < to; i += 1) found[i] = (sum + (wrong * (i + 1 - from)) / (to - from)) / (i + 1);
    sum += wrong;
    from = to;
  }
  return found;
}

/** AURC: the mean risk over coverages 1/n … 1. Null without rows. */
export function riskArea(confidence: ArrayLike<number>, errors: ArrayLike<number>): number | null {
  const found = risks(confidence, errors);
  return found.length === 0 ? null : found.reduce((sum, risk) => sum + risk, 0) / found.length;
}

/** The smallest AURC of so many rows of which so many are wrong: all right ones first. */
export function leastRiskArea(rows: number, wrong: number): number {
  let sum = 0;
  for (let i = rows - wrong + 1; i <= rows; i += 1) sum += (i - rows + wrong) / i;
  return sum / rows;
}

/** Confidence and error (0 or 1) of each row: the probability of its most probable class, and whether that is wrong. */
export function confidencesOf(p: SampleProbabilities): { confidence: Float32Array; errors: Float32Array } {
  const { classes, confidence } = topClasses(p);
  return { confidence, errors: Float32Array.from(classes, (chosen, row) => (chosen === p.labels[row] ? 0 : 1)) };
}
