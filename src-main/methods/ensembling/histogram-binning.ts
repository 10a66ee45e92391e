import { z } from 'zod';
import { defineBinaryCalibration } from './shared/calibration.ts';
import type { BinaryMap } from './shared/one-vs-rest.ts';

export type Edges = 'widths' | 'masses';

/** Inner edges of so many bins: equal widths, or quantiles (linear between order statistics), each once. */
function innerEdges(told: ArrayLike<number>, bins: number, edges: Edges): readonly number[] {
  if (edges === 'widths') return Array.from({ length: bins - 1 }, (_, i) => (i + 1) / bins);
  const sorted = Float64Array.from(told).sort();
  const quantiles = Array.from({ length: bins - 1 }, (_, i) => {
    const place = ((i + 1) / bins) * (sorted.length - 1);
    const low = Math.floor(place);
    const high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
  });
  return [...new Set(quantiles)].filter((edge) => edge > 0 && edge < 1);
}

/**
 * The share of positives in each bin (lo, hi] of the probability that was told (Zadrozny & Elkan 2001); 0 falls in the
 * first bin. A bin without rows tells its middle.
 */
export function fitHistogram(
  told: ArrayLike<number>,
  positive: readonly boolean[],
  { bins, edges }: { readonly bins: number; readonly edges: Edges },
): BinaryMap {
  const inner = innerEdges(told, bins, edges);
  const binOf = (p: number): number => {
    const at = inner.findIndex((edge) => p <= edge);
    return at < 0 ? inner.length : at;
  };
  const rows = new Float64Array(inner.length + 1);
  const hits = new Float64Array(inner.length + 1);
  for (const [row, is] of positive.entries()) {
    const bin = binOf(told[row]);
    rows[bin] += 1;
    if (is) hits[bin] += 1;
  }
  const shares = rows.map((count, bin) =>
    count > 0 ? hits[bin] / count : ((bin === 0 ? 0 : inner[bin - 1]) + (bin === inner.length ? 1 : inner[bin])) / 2,
  );
  return (p) => shares[binOf(p)];
}

/** Histogram binning (Zadrozny & Elkan 2001), one against rest as in Guo et al. 2017. */
export default defineBinaryCalibration({
  id: 'histogram-binning',
  version: 1,
  title: 'Histogram binning',
  summary: 'One network whose probability of each class is replaced by the share of validation rows that were of it.',
  paper: {
    title: 'Obtaining calibrated probability estimates from decision trees and naive Bayesian classifiers',
    authors: 'Zadrozny, Elkan',
    year: 2001,
    reference: 'ICML 2001, 609–616',
    equations: 'Section 3; 15 equal widths and one against rest as in Guo et al. 2017 (arXiv:1706.04599, section 4)',
    deviations: 'A bin without rows tells its middle.',
  },
  fields: {
    bins: z.number().int().min(2).max(1000).default(15).describe('Bins of the probability of a class'),
    edges: z.enum(['widths', 'masses']).default('widths').describe('Bins of equal width, or of equally many rows'),
  },
  fitMap: (values) => (told, positive) => fitHistogram(told, positive, values),
});
