import { countInWords } from '../../../src-main/base/places.ts';
import { compareMeasured, sameMeasured } from '../../../src-main/metrics/statistics/measured.ts';
import { columnDecimals, formatNumber, formatSigned, shownScale } from '../../../src-main/metrics/format.ts';
import type { Comparison } from '../../../src-main/workbench/contract/contract.ts';
import { probability, type Unit } from '../../../src-main/metrics/board/numbers.ts';
import type { Dash } from '../../../src-main/metrics/looks.ts';
import type { AxedSeries } from '../../charts/options/lines.ts';
import type { ForestRow } from '../../charts/options/forest.ts';

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
    judgement: OTHER_WAY[pair.judgement],
  };
}

const OTHER_WAY = { better: 'worse', worse: 'better', open: 'open', unknown: 'unknown' } as const;

/**
 * The p that a pair is judged by: the leaderboard's where one of the two is its best, else that over the pairs
 * compared.
 */
export function decidingP({ familyP, pairwiseP }: Pick<Pair, 'familyP' | 'pairwiseP'>): number | null {
  return familyP ?? pairwiseP;
}

/**
 * What the p values are about: the family of what was run, of which this is a part, and the pairwise family of its own.
 */
export function scopeText({ family, pairwise, methods }: Comparison): string {
  const shown = `${methods.length} of ${family.configurations} configurations shown`;
  const best = family.best === null ? '' : `, against the best of them, ${family.best.name}`;
  const board =
    family.tested === 0
      ? 'no pair shares five seeds with the best, so nothing is marked'
      : `p as on the leaderboard: adjusted (Holm) over ${family.tested} tests of all that was run${best}`;
  const pairs = pairwise.tested === 1 ? 'the pair' : `the ${pairwise.tested} pairs`;
  const own = pairwise.tested === 0 ? '' : `; p pairwise: adjusted over ${pairs} below`;
  return `${shown}; ${board}${own}.`;
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
    p: decidingP(pair),
    judgement: pair.judgement,
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
    .sort((a, b) => compareMeasured(a.estimate?.mean ?? 0, b.estimate?.mean ?? 0) * (direction === 'lower' ? 1 : -1));
  const [first, second] = ranked;
  if (first === undefined) return 'None of these methods has finished a seed yet.';
  if (second === undefined) return `Only ${first.name} has finished seeds; nothing can be compared yet.`;
  const found = comparison.pairs.find(
    (pair) => (pair.a === first.key && pair.b === second.key) || (pair.a === second.key && pair.b === first.key),
  );
  const pair = found === undefined ? undefined : found.a === first.key ? found : flip(found);
  if (pair === undefined || pair.n === 0)
    return (
      `${first.name} has the best mean ${metricTitle}, but shares no seeds with ${second.name}, so no ` +
      'paired difference can be given.'
    );
  const decimals = pairDecimals([pair], unit);
  const points = unit === 'share' ? ' points' : unit === 'number' || unit === 'count' ? '' : ` ${unit}`;
  const shown = formatNumber(Math.abs(pair.mean) * shownScale(unit), decimals);
  const size = `${/[1-9]/.test(shown) ? shown : `less than ${formatNumber(10 ** -decimals, decimals)}`}${points}`;
  const folds = comparison.methods[0]?.estimate?.folds ?? 1;
  const shared = countInWords({ n: pair.n, seeds: pair.n / folds, folds });
  const p = decidingP(pair);
  const within = pair.familyP === null ? 'pairwise' : 'against the best';
  const test =
    p === null ? '' : `, p ${probability(p).startsWith('<') ? '' : '= '}${probability(p)} ${within}, after Holm`;
  const interval =
    pair.low === null || pair.high === null
      ? ''
      : ` (95 % interval ${formatSigned(pair.low, unit, decimals)} to ${formatSigned(pair.high, unit, decimals)}, ` +
        `${shared}${test})`;
  if (direction === 'none') return `${first.name} and ${second.name} differ in ${metricTitle} by ${size}${interval}.`;
  if (pair.n < 2 || pair.low === null)
    return (
      `${first.name} leads ${second.name} in ${metricTitle} by ${size} on one common seed: too few to ` +
      'say how surely.'
    );
  const open = `${first.name} has the best mean ${metricTitle}, but the difference to ${second.name} is not settled`;
  switch (pair.judgement) {
    case 'better':
      return `${first.name} is better than ${second.name} in ${metricTitle} by ${size}${interval}.`;
    case 'unknown':
      return `${open}: ${size}${interval}; ${shared} are too few for a test.`;
    default:
      return `${open}: ${size}${interval}.`;
  }
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

/**
 * The best column of each row of a per-task or per-class table; −1 where fewer than two values exist or all are equal.
 */
export function bestAt(values: readonly (number | null)[], direction: Direction): number {
  const finite = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (finite.length < 2 || direction === 'none') return -1;
  const best = direction === 'higher' ? Math.max(...finite) : Math.min(...finite);
  return finite.filter((value) => sameMeasured(value, best)).length === 1 ? values.indexOf(best) : -1;
}

/** Trials behind the estimates that are compared. */
export function trialsOf({ methods }: Comparison): readonly string[] {
  return methods.flatMap(({ estimate }) => estimate?.values.map(({ trial }) => trial) ?? []);
}

/** One picture per curve name, configurations over each other. */
export function curveGroups(
  comparison: Comparison,
  look: (key: string) => { readonly colour: string; readonly marker: string; readonly dash: Dash },
): readonly { readonly name: string; readonly series: readonly AxedSeries[] }[] {
  const groups = new Map<string, AxedSeries[]>();
  for (const { key, name, x, points, axes } of comparison.curves) {
    const { colour, marker, dash } = look(key);
    const method = comparison.methods.find((each) => each.key === key);
    const line: AxedSeries = {
      key,
      name: nameOf(comparison, key),
      color: colour,
      marker,
      dash,
      x,
      points: points.map(({ x: at, mean, low, high }) => ({ x: at, y: mean, low, high })),
      axes,
      trials: method?.estimate?.values.map(({ trial }) => trial) ?? [],
    };
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [line]);
    else group.push(line);
  }
  return [...groups].map(([name, series]) => ({ name, series }));
}

/** A table with one column a configuration. */
export interface Breakdown {
  readonly title: string;
  readonly rows: readonly {
    readonly name: string;
    readonly values: readonly (number | null)[];
    readonly best: number;
  }[];
}

/** Accuracy by task and by class, as far as they were measured. */
export function breakdowns(comparison: Comparison): readonly Breakdown[] {
  const { perTask, perClass, classNames, methods } = comparison;
  const table = (title: string, lists: Comparison['perTask'], name: (i: number) => string): Breakdown[] => {
    const length = Math.max(0, ...lists.map(({ values }) => values.length));
    if (length === 0) return [];
    const rows = Array.from({ length }, (_, i) => {
      const values = methods.map(({ key }) => lists.find((list) => list.key === key)?.values[i] ?? null);
      return { name: name(i), values, best: bestAt(values, 'higher') };
    });
    return [{ title, rows }];
  };
  return [
    ...table('Accuracy by task, at the end (%)', perTask, (i) => `task ${i + 1}`),
    ...table('Accuracy by class, at the end (%)', perClass, (i) => classNames[i] ?? `class ${i}`),
  ];
}
