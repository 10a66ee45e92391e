import { beforeNumber, publishedWords } from '../../src-main/metrics/claims/verdicts.ts';
import { formatNumber, shownScale, unitSymbol } from '../../src-main/metrics/format.ts';
import type { ListedClaim } from '../../src-main/workbench/contract/contract.ts';
import { useCatalogue } from '../stores/catalogue.ts';

/** The two that a claim is judged by, as its listing names them, with their names for a person. */
export const STANDINGS = [
  ['shipped', 'reference runs'],
  ['here', 'this machine'],
] as const;

/** The numbers of a claim in words: `97.70 ± 0.81 %, n 10`. */
export function useClaimText() {
  const catalogue = useCatalogue();

  function numbers(metric: string, value: number, spread: number | null, n: number | null): string {
    const unit = catalogue.metricById.get(metric)?.unit ?? 'number';
    const [scale, digits] = [shownScale(unit), unit === 'share' ? 2 : 4];
    const around = spread === null ? '' : ` ± ${formatNumber(spread * scale, digits)}`;
    return (
      `${formatNumber(value * scale, digits)}${around} ${unitSymbol(unit)}`.trim() + (n === null ? '' : `, n ${n}`)
    );
  }

  return {
    published: (claim: ListedClaim): string =>
      publishedWords(claim) ??
      `${beforeNumber(claim)}${numbers(claim.metric, claim.published.value, claim.published.spread, claim.published.n)}`,
    /** Empty where nothing was measured. */
    measured: (claim: ListedClaim, which: 'shipped' | 'here'): string => {
      const { measured } = claim[which];
      if (measured === null) return '';
      const spread = measured.n < 2 ? null : (measured.high - measured.low) / 2;
      return numbers(claim.metric, measured.mean, spread, measured.n);
    },
  };
}
