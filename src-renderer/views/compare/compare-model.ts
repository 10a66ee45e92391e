import { columnDecimals, formatNumber, formatSigned, shownScale } from '../../../src-main/metrics/format.ts';
import type { Comparison } from '../../../src-main/workbench/contract.ts';
import { probability, type Unit } from '../../../src-main/metrics/board/numbers.ts';
import { judge, type ForestRow } from '../../charts/options/forest.ts';

export type Pair = Comparison['pairs'][number];
export type Direction = 'higher' | 'lower' | 'none';

export function nameOf(comparison: Comparison, key: string): string {
  const method = comparison.methods.find((each) => each.key === key);
  return method?.name ?? key;
}

/** A pair the other way round: everything signed changes its sign, the test does not. */
export function flip(pair: Pair): Pair {
  return {
    ...pair,
    a: pair.b,
    b: pair.a,
    mean: -pair.mean,
    low: pair.high === null ? null : -pair.high,
    high: pair.low === null ? null : -pair.low,
    effectSize: pair.effectSize === null ? null : -pair.effectSize,
  };
}

/** Pairs to show: all of them, or every other method minus the reference. */
export function pairsAgainst(comparison: Comparison, reference: string | null): readonly Pair[] {
  if (reference === null) return comparison.pairs;
  return comparison.pairs
    .filter((pair) => pair.a === reference || pair.b === reference)
    .map((pair) => (pair.b === reference ? pair : flip(pair)));
}

export function forestRows(comparison: Comparison, pairs: readonly Pair[]): readonly ForestRow[] {
  return pairs.map((pair) => ({
    key: `${pair.a}/${pair.b}`,
    label: `${nameOf(comparison, pair.a)} − ${nameOf(comparison, pair.b)}`,
    mean: pair.mean,
    low: pair.low,
    high: pair.high,
    adjustedP: pair.adjustedP ?? pair.p,
    effectSize: pair.effectSize,
    n: pair.n,
  }));
}

/** Decimals for differences: what the surest of them bears, so that no end of an interval is rounded onto zero. */
export function pairDecimals(pairs: readonly Pair[], unit: Unit): number {
  return pairs.length === 0
    ? columnDecimals(pairs, unit)
    : Math.max(...pairs.map((pair) => columnDecimals([pair], unit)));
}

/** The answer in a sentence: who leads, by how much, and whether it is settled. */
export function headline(comparison: Comparison, direction: Direction, unit: Unit, metric: string): string {
  // `Final accuracy` inside a sentence, but `NLL` stays.
  const metricTitle = /^[A-Z][a-z]/.test(metric) ? metric.charAt(0).toLowerCase() + metric.slice(1) : metric;
  const ranked = comparison.methods
    .filter((method) => method.estimate !== null)
    .sort((a, b) => ((a.estimate?.mean ?? 0) - (b.estimate?.mean ?? 0)) * (direction === 'lower' ? 1 : -1));
  const [first, second] = ranked;
  if (first === undefined) return 'None of these methods has finished a seed yet.';
  if (second === undefined) return `Only ${first.name} has finished seeds; nothing can be compared yet.`;
  const found = comparison.pairs.find(
    (pair) => (pair.a === first.key && pair.b === second.key) || (pair.a === second.key && pair.b === first.key),
  );
  const pair = found === undefined ? undefined : found.a === first.key ? found : flip(found);
  if (pair === undefined || pair.n === 0)
    return `${first.name} has the best mean ${metricTitle}, but shares no seeds with ${second.name}, so no paired difference can be given.`;
  const decimals = pairDecimals([pair], unit);
  const points = unit === 'share' ? ' points' : unit === 'number' || unit === 'count' ? '' : ` ${unit}`;
  const shown = formatNumber(Math.abs(pair.mean) * shownScale(unit), decimals);
  const size = `${/[1-9]/.test(shown) ? shown : `less than ${formatNumber(10 ** -decimals, decimals)}`}${points}`;
  const interval =
    pair.low === null || pair.high === null
      ? ''
      : ` (95 % interval ${formatSigned(pair.low, unit, decimals)} to ${formatSigned(pair.high, unit, decimals)}, ${pair.n} seeds${pair.adjustedP === null ? '' : `, p ${probability(pair.adjustedP).startsWith('<') ? '' : '= '}${probability(pair.adjustedP)} after Holm`})`;
  if (direction === 'none') return `${first.name} and ${second.name} differ in ${metricTitle} by ${size}${interval}.`;
  if (pair.n < 2 || pair.low === null)
    return `${first.name} leads ${second.name} in ${metricTitle} by ${size} on one common seed: too few to say how surely.`;
  const settled = judge(pair, direction) === 'better' && (pair.adjustedP === null || pair.adjustedP < 0.05);
  if (pair.n < 5) {
    return judge(pair, direction) === 'better'
      ? `${first.name} leads ${second.name} in ${metricTitle} by ${size}${interval}; with ${pair.n} seeds that is no more than a hint.`
      : `${first.name} has the best mean ${metricTitle}, but the difference to ${second.name} is not settled: ${size}${interval}; ${pair.n} seeds are too few for a test.`;
  }
  return settled
    ? `${first.name} is better than ${second.name} in ${metricTitle} by ${size}${interval}.`
    : `${first.name} has the best mean ${metricTitle}, but the difference to ${second.name} is not settled: ${size}${interval}.`;
}

/** Cohen's words for a standardised difference. */
export function effectWord(size: number | null): string {
  if (size === null) return '–';
  const magnitude = Math.abs(size);
  return magnitude < 0.2
    ? 'negligible'
    : magnitude < 0.5
      ? 'small'
      : magnitude < 0.8
        ? 'medium'
        : magnitude < 2
          ? 'large'
          : 'very large';
}

/** The best column of each row of a per-task or per-class table; −1 where fewer than two values exist or all are equal. */
export function bestAt(values: readonly (number | null)[], direction: Direction): number {
  const finite = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (finite.length < 2 || direction === 'none') return -1;
  const best = direction === 'higher' ? Math.max(...finite) : Math.min(...finite);
  return finite.filter((value) => value === best).length === 1 ? values.indexOf(best) : -1;
}
