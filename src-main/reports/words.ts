import type { MetricFacts } from '../metrics/board/columns.ts';
import { beforeNumber, publishedWords, type ClaimKind } from '../metrics/claims/verdicts.ts';
import type { Comparison } from '../metrics/compare.ts';
import { formatValue, unitSymbol } from '../metrics/format.ts';
import type { MetricUnit } from '../metrics/definitions/metric.ts';
import { METRICS } from '../metrics/registry.ts';

/** Words on metrics and published values, the same in every format. */

/** What is known of a metric, or `said` of it; one of a newer program shows its id and plain numbers. */
export function metricFacts(
  id: string,
  said?: Pick<MetricFacts, 'title' | 'unit' | 'direction' | 'formula'>,
): MetricFacts {
  return (
    METRICS.find((metric) => metric.id === id) ?? {
      id,
      title: id,
      unit: 'number',
      direction: 'none',
      formula: '',
      source: '',
      ...(said === undefined
        ? {}
        : { title: said.title, unit: said.unit, direction: said.direction, formula: said.formula }),
    }
  );
}

/** `Forgetting (%) ↓` */
export function metricHeader(facts: Pick<MetricFacts, 'title' | 'unit' | 'direction'>): string {
  const symbol = unitSymbol(facts.unit);
  const arrow = facts.direction === 'higher' ? ' ↑' : facts.direction === 'lower' ? ' ↓' : '';
  return `${facts.title}${symbol === '' ? '' : ` (${symbol})`}${arrow}`;
}

/** What was published, without its unit: a value with its spread; of an order without numbers that it is one. */
export function publishedText(
  claim: {
    readonly kind: ClaimKind;
    readonly published: { readonly value: number; readonly spread: number | null };
  },
  unit: MetricUnit,
): string {
  const words = publishedWords(claim);
  if (words !== null) return words;
  const { value, spread } = claim.published;
  return `${beforeNumber(claim)}${formatValue(value, unit)}${spread === null ? '' : ` ± ${formatValue(spread, unit)}`}`;
}

/** `Published 97.70 ± 0.81 (n = 10): reproduced. …` */
export function claimText(
  claim: {
    readonly published: {
      readonly value: number;
      readonly spread: number | null;
      readonly n: number | null;
      readonly source: string;
    };
    readonly verdict: string;
    readonly note: string;
  },
  unit: MetricUnit,
): string {
  const { value, spread, n, source } = claim.published;
  return (
    'Published ' +
    `${formatValue(value, unit)}${spread === null ? '' : ` ± ${formatValue(spread, unit)}`}${n === null ? '' : ` (n = ${n})`}, ` +
    `${source}: ${claim.verdict}.${claim.note === '' ? '' : ` ${claim.note}`}`
  );
}

/** What a mean of a board is over. */
export const meanOver = (hasFolds: boolean): string => (hasFolds ? 'seeds and folds' : 'seeds');

/** How folds are tested; empty where no suite has any. */
export const foldsSentence = (hasFolds: boolean): string =>
  hasFolds
    ? ' Where a suite has folds, a sample is a seed and fold: tests need ten of them, and they and the intervals are ' +
      'corrected for the training rows that folds share (Nadeau & Bengio 2003).'
    : '';

/** What the p values of a comparison are about, and what it leaves out. */
export function comparisonScope({ family, pairwise, methods }: Comparison): string {
  const best = family.best === null ? '' : `, against the best, ${family.best.name}`;
  const scope =
    family.tested === 0
      ? 'No pair shares five seeds with the best.'
      : `p against the best: adjusted (Holm) over ${family.tested} tests, of all ${family.configurations} ranked ` +
        `configurations${best}; it decides about the marks and sentences.`;
  const own =
    pairwise.tested === 0 ? '' : ` p pairwise: adjusted (Holm) over the ${pairwise.tested} pairs of this table.`;
  const rest =
    pairwise.leftOut === 0
      ? ''
      : ` The other ${pairwise.leftOut} pairs of these ${methods.length} configurations are left out here; ` +
        'choose rows on the leaderboard and press Compare to see them.';
  return `${scope}${own}${rest}`;
}
