/**
 * Split conformal sets of labels: the score of a label in a row, a threshold from calibration rows, and every label
 * whose score is at most that. Nothing else may be fitted on the calibration rows.
 */

/**
 * How a label is scored. `lac`: 1 − p. `aps`: mass of the labels ranked above it + u·p (Romano, Sesia & Candès 2020).
 * `raps`: the same + λ max(0, rank − kReg), ranks from 1 (Angelopoulos et al. 2021). Of equal probabilities the lower
 * class ranks first.
 */
export type ConformalScore =
  | { readonly kind: 'lac' }
  | { readonly kind: 'aps' }
  | { readonly kind: 'raps'; readonly lambda: number; readonly kReg: number };

/**
 * Scores of all labels, [rows × classes].
 *
 * @param uniform one number in [0, 1] a row; 1 is the deterministic version, which covers more. LAC draws none.
 */
export function conformalScores(
  probabilities: ArrayLike<number>,
  classes: number,
  score: ConformalScore,
  uniform: (row: number) => number,
): Float64Array {
  const out = new Float64Array(probabilities.length);
  for (let at = 0; at < out.length; at += classes) {
    if (score.kind === 'lac') {
      for (let k = 0; k < classes; k += 1) out[at + k] = 1 - probabilities[at + k];
      continue;
    }
    const u = uniform(at / classes);
    const order = Array.from({ length: classes }, (_, k) => k).sort(
      (a, b) => probabilities[at + b] - probabilities[at + a] || a - b,
    );
    let above = 0;
    for (const [place, k] of order.entries()) {
      const p = probabilities[at + k];
      const penalty = score.kind === 'raps' ? score.lambda * Math.max(0, place + 1 - score.kReg) : 0;
      out[at + k] = above + u * p + penalty;
      above += p;
    }
  }
  return out;
}

/**
 * The k-th smallest score of the calibration rows' own labels, k = ⌈(n+1)(1−α)⌉; ∞ where k > n. Of exchangeable rows
 * with different scores a share of k/(n+1) is covered on average, by any model.
 */
export function conformalThreshold(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
  alpha: number,
): number {
  const own = Float64Array.from(labels, (label, row) => scores[row * classes + label]).sort();
  // (n+1)(1−α) in floating point may lie a hair above a whole number.
  const k = Math.ceil((own.length + 1) * (1 - alpha) - 1e-9);
  return k > own.length ? Infinity : own[Math.max(0, k - 1)];
}

/** What sets of labels are judged by. */
export interface ConformalCoverage {
  /** Share of rows whose set holds their label. */
  readonly coverage: number;
  readonly meanSize: number;
  /** Shares of sets without a label, and with one. */
  readonly empty: number;
  readonly single: number;
  /** Least coverage over sizes of sets. */
  readonly worstBySize: number;
  /** Least coverage over classes. */
  readonly worstByClass: number;
}

export function conformalCoverage(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
  threshold: number,
): ConformalCoverage {
  const bySize = new Map<number, { rows: number; covered: number }>();
  const byClass = new Map<number, { rows: number; covered: number }>();
  const count = (into: typeof bySize, key: number, is: boolean): void => {
    const { rows, covered } = into.get(key) ?? { rows: 0, covered: 0 };
    into.set(key, { rows: rows + 1, covered: covered + (is ? 1 : 0) });
  };
  let [covered, sizes] = [0, 0];
  for (let row = 0; row < labels.length; row += 1) {
    let size = 0;
    for (let k = 0; k < classes; k += 1) if (scores[row * classes + k] <= threshold) size += 1;
    const is = scores[row * classes + labels[row]] <= threshold;
    covered += is ? 1 : 0;
    sizes += size;
    count(bySize, size, is);
    count(byClass, labels[row], is);
  }
  const worst = (of: typeof bySize): number =>
    Math.min(...[...of.values()].map(({ rows, covered: own }) => own / rows));
  return {
    coverage: covered / labels.length,
    meanSize: sizes / labels.length,
    empty: (bySize.get(0)?.rows ?? 0) / labels.length,
    single: (bySize.get(1)?.rows ?? 0) / labels.length,
    worstBySize: worst(bySize),
    worstByClass: worst(byClass),
  };
}
