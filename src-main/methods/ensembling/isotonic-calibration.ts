import { defineBinaryCalibration } from './shared/calibration.ts';
import type { BinaryMap } from './shared/one-vs-rest.ts';

/** Where a monotone map has its knots: x rising, y not falling. */
export interface Knots {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/**
 * The rising map with the least squared error (isotonic regression): equal scores are pooled first, then neighbours
 * that violate the order are.
 */
export function fitIsotonic(scores: ArrayLike<number>, targets: ArrayLike<number>): Knots {
  const order = Array.from(scores, (_, row) => row).sort((a, b) => scores[a] - scores[b]);
  const x: number[] = [];
  const blocks: { mean: number; weight: number; scores: number }[] = [];
  for (const row of order) {
    const last = blocks.at(-1);
    if (last !== undefined && x.at(-1) === scores[row]) {
      last.mean += (targets[row] - last.mean) / (last.weight + 1);
      last.weight += 1;
    } else {
      x.push(scores[row]);
      blocks.push({ mean: targets[row], weight: 1, scores: 1 });
    }
  }
  const pooled: typeof blocks = [];
  for (const block of blocks) {
    pooled.push({ ...block });
    for (let top = pooled.length - 1; top > 0 && pooled[top - 1].mean >= pooled[top].mean; top -= 1) {
      const [lower, upper] = [pooled[top - 1], pooled[top]];
      const weight = lower.weight + upper.weight;
      const mean = (lower.mean * lower.weight + upper.mean * upper.weight) / weight;
      pooled.splice(top - 1, 2, { mean, weight, scores: lower.scores + upper.scores });
    }
  }
  return { x, y: pooled.flatMap(({ mean, scores: count }) => Array.from({ length: count }, () => mean)) };
}

/** Linear between the knots, constant outside, as in scikit-learn. */
export const isotonicMap =
  ({ x, y }: Knots): BinaryMap =>
  (p) => {
    let low = 0;
    let high = x.length - 1;
    if (p <= x[low]) return y[low];
    if (p >= x[high]) return y[high];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (x[middle] <= p) low = middle;
      else high = middle;
    }
    return y[low] + ((y[high] - y[low]) * (p - x[low])) / (x[high] - x[low]);
  };

/** Isotonic calibration (Zadrozny & Elkan 2002), one against rest. */
export default defineBinaryCalibration({
  id: 'isotonic-calibration',
  version: 1,
  title: 'Isotonic calibration',
  summary: 'One network whose probability of each class goes through the rising map that fits validation data best.',
  paper: {
    title: 'Transforming Classifier Scores into Accurate Multiclass Probability Estimates',
    authors: 'Zadrozny, Elkan',
    year: 2002,
    reference: '10.1145/775047.775151',
    equations: 'Section 3 (pool adjacent violators) and section 4 (one against rest)',
    deviations: 'Linear between the fitted points, as in scikit-learn, not steps.',
  },
  fields: {},
  fitMap: () => (told, positive) => isotonicMap(fitIsotonic(told, positive.map(Number))),
});
