/**
 * How well a score tells rows that are of no class of a suite (positives) from its own test rows (negatives): a higher
 * score says "from outside".
 */
export interface Separation {
  /** Area under the ROC curve; equal scores count half. */
  readonly auroc: number;
  /** Area under the precision-recall curve as average precision, the rows from outside being positive. */
  readonly aupr: number;
  /**
   * Share of the suite's rows taken for outside at the threshold whose recall of outside rows is nearest to 95 % (of
   * equally near ones the highest threshold), as torch-uncertainty has it. Others take the first recall of at least
   * 95 %, or the suite's rows as positives: their numbers differ.
   */
  readonly fpr95: number;
}

const RECALL = 0.95;

/** Null without rows on either side, or where a score is no number. */
export function separation(inside: ArrayLike<number>, outside: ArrayLike<number>): Separation | null {
  const rows = [
    ...Array.from(inside, (score) => ({ score, positive: false })),
    ...Array.from(outside, (score) => ({ score, positive: true })),
  ].sort((a, b) => b.score - a.score);
  const [positives, negatives] = [outside.length, inside.length];
  if (positives === 0 || negatives === 0 || rows.some(({ score }) => Number.isNaN(score))) return null;
  let [caught, wrong, area, precisionArea] = [0, 0, 0, 0];
  let nearest = { distance: RECALL, share: 0 };
  for (let at = 0; at < rows.length;) {
    // Rows of one score pass a threshold together.
    const [before, wrongBefore] = [caught, wrong];
    const { score } = rows[at] ?? { score: 0 };
    for (; at < rows.length && rows[at]?.score === score; at += 1) {
      if (rows[at]?.positive === true) caught += 1;
      else wrong += 1;
    }
    area += ((wrong - wrongBefore) * (caught + before)) / 2;
    precisionArea += ((caught - before) * caught) / (caught + wrong);
    const distance = Math.abs(caught / positives - RECALL);
    if (distance < nearest.distance) nearest = { distance, share: wrong / negatives };
  }
  return { auroc: area / (positives * negatives), aupr: precisionArea / positives, fpr95: nearest.share };
}
