import { pairsInWords, SIGNIFICANT, tooFewSeeds, type FamilyTest } from './family.ts';
import { formatNumber, formatP, shownScale } from './format.ts';
import type { Direction, MetricUnit } from './definitions/metric.ts';

/** The p that decides about a pair, and the family that it was corrected within, in words. */
export interface PairVerdict {
  readonly p: number | null;
  readonly family: string;
}

/** What a difference means, in words: who is ahead, by how much, how surely; or why nothing can be said. */
export function pairSentence(
  a: string,
  b: string,
  test: FamilyTest,
  verdict: PairVerdict,
  metric: { readonly metricTitle: string; readonly direction: Direction; readonly unit: MetricUnit },
): string {
  const scale = shownScale(metric.unit);
  const unit =
    metric.unit === 'share'
      ? 'percentage points'
      : metric.unit === 'number' || metric.unit === 'count'
        ? ''
        : metric.unit;
  const half = test.low === null || test.high === null ? null : ((test.high - test.low) / 2) * scale;
  const decimals = metric.unit === 'share' ? 2 : 4;
  const amount = `${formatNumber(Math.abs(test.mean) * scale, decimals)}${half === null ? '' : ` ± ${formatNumber(half, decimals)}`}${unit === '' ? '' : ` ${unit}`}`;
  const seeds = pairsInWords(test.n, test.folds);
  if (test.mean === 0)
    return (test.deviation ?? 0) === 0
      ? `${a} and ${b} measured exactly the same ${metric.metricTitle} on ${seeds}.`
      : `${a} and ${b} measured the same mean ${metric.metricTitle} on ${seeds}.`;
  const aLeads = metric.direction === 'lower' ? test.mean < 0 : test.mean > 0;
  const [ahead, behind] = aLeads ? [a, b] : [b, a];
  const relation = metric.direction === 'none' ? 'is higher than' : 'is better than';
  if (verdict.p === null)
    return (
      `${ahead} measured ${amount} ${metric.direction === 'none' ? 'above' : 'better than'} ${behind} ` +
      `on ${seeds}. ${tooFewSeeds(test.n, null, test.folds)}`
    );
  const evidence = `${formatP(verdict.p)} after Holm’s correction over ${verdict.family}`;
  const effect = test.effectSize === null ? '' : `, effect size d_z = ${formatNumber(Math.abs(test.effectSize), 1)}`;
  if (verdict.p < SIGNIFICANT)
    return `${ahead} ${relation} ${behind} by ${amount} (95 % interval, ${seeds}; ${evidence}${effect}).`;
  return (
    `${ahead} measured ${amount} ${metric.direction === 'none' ? 'above' : 'better than'} ${behind}, ` +
    `but that difference cannot be told from chance (${seeds}; ${evidence}).`
  );
}
