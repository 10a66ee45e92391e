import { formatNumber, formatP, shownScale } from './format.ts';
import type { Look } from './looks.ts';
import { tooFewSeeds } from './marks.ts';
import type { Curve } from './primitives.ts';
import type { CellRecord, Estimate, Scalar } from './records.ts';
import type { Direction, MetricUnit } from './registry.ts';
import { pairedDifferences } from './samples.ts';
import { MINIMUM_SEEDS_FOR_TEST, mean, tFactors, tInterval } from './statistics/estimates.ts';
import { holm, pairedT, type PairedTest } from './statistics/paired.ts';

export interface ComparedMethod {
  readonly key: string;
  /** Of the method. */
  readonly title: string;
  /** Of the configuration, among all rows of the board that it is taken from. */
  readonly name: string;
  readonly look: Look;
  readonly hyperParameters: Record<string, Scalar>;
}

/** A finished trial with what the curves and tables need. */
export interface ComparedRecord extends CellRecord {
  readonly curves: readonly Curve[];
  /** Final accuracy on each task. */
  readonly perTask?: readonly number[];
  /** Final accuracy on each class; null where the test set has none of it. */
  readonly perClass?: readonly (number | null)[];
}

export interface ComparisonInput {
  readonly suite: string;
  readonly metric: string;
  readonly metricTitle: string;
  readonly direction: Direction;
  readonly unit: MetricUnit;
  readonly methods: readonly ComparedMethod[];
  readonly records: readonly ComparedRecord[];
  readonly classNames: readonly string[];
}

export interface PairComparison {
  a: string;
  b: string;
  n: number;
  /** a − b. */
  mean: number;
  low: number | null;
  high: number | null;
  p: number | null;
  adjustedP: number | null;
  effectSize: number | null;
  sentence: string;
}

export interface BandedCurve {
  key: string;
  name: string;
  x: string;
  points: { x: number; mean: number; low: number; high: number }[];
}

export interface Comparison {
  suite: string;
  metric: string;
  methods: {
    key: string;
    title: string;
    name: string;
    look: Look;
    estimate: Estimate | null;
    hyperParameters: Record<string, Scalar>;
  }[];
  pairs: PairComparison[];
  differences: { name: string; values: Record<string, Scalar | null> }[];
  curves: BandedCurve[];
  perTask: { key: string; values: number[] }[];
  perClass: { key: string; values: number[] }[];
  classNames: string[];
  warnings: string[];
}

/** Two to six configurations on one suite and metric, paired by seed; p by the paired t-test, Holm over all pairs shown. */
export function buildComparison(input: ComparisonInput): Comparison {
  const factor = tFactors();
  const recordsOf = new Map(
    input.methods.map(({ key }) => [
      key,
      oneRecordPerSeed(input.records.filter((record) => record.suite === input.suite && record.methodKey === key)),
    ]),
  );
  const methods = input.methods.map(({ key, title, name, look, hyperParameters }) => {
    const values = (recordsOf.get(key) ?? []).flatMap(({ seed, trial, metrics }) => {
      const value = metrics[input.metric];
      return value === undefined || !Number.isFinite(value) ? [] : [{ seed, value, trial }];
    });
    return {
      key,
      title,
      name,
      look,
      hyperParameters,
      estimate:
        values.length === 0
          ? null
          : {
              ...tInterval(
                values.map(({ value }) => value),
                factor,
              ),
              values,
            },
    };
  });
  const warnings = methods.flatMap(({ name, estimate }) =>
    estimate === null ? [`${name} has no finished result for ${input.metric} on ${input.suite}.`] : [],
  );
  const pairs = comparePairs(methods, input, factor);
  if (pairs.some(({ n }) => n < MINIMUM_SEEDS_FOR_TEST))
    warnings.push(`Some pairs share fewer than ${MINIMUM_SEEDS_FOR_TEST} seeds: no p values there.`);
  const entries = input.methods.map(({ key }) => ({ key, records: recordsOf.get(key) ?? [] }));
  return {
    suite: input.suite,
    metric: input.metric,
    methods,
    pairs,
    warnings,
    differences: configurationDifferences(input.methods),
    curves: entries.flatMap(({ key, records }) => bandedCurves(key, records, factor)),
    perTask: meanTable(entries, (record) => record.perTask),
    perClass: meanTable(entries, (record) => record.perClass),
    classNames: [...input.classNames],
  };
}

function oneRecordPerSeed(records: readonly ComparedRecord[]): ComparedRecord[] {
  return [...new Map(records.map((record) => [record.seed, record])).values()].sort((a, b) => a.seed - b.seed);
}

interface Measured {
  readonly key: string;
  readonly name: string;
  readonly estimate: Estimate | null;
}

function comparePairs(
  methods: readonly Measured[],
  input: ComparisonInput,
  factor: (df: number) => number,
): PairComparison[] {
  const pairs = methods.flatMap((a, i) =>
    methods.slice(i + 1).flatMap((b) => {
      if (a.estimate === null || b.estimate === null) return [];
      const differences = pairedDifferences(a.estimate, b.estimate);
      return differences.length === 0 ? [] : [{ a, b, test: pairedT(differences, factor) }];
    }),
  );
  const testable = pairs.filter(({ test }) => test.n >= MINIMUM_SEEDS_FOR_TEST);
  const adjusted = holm(testable.map(({ test }) => test.p ?? 1));
  return pairs.map((pair) => {
    const { a, b, test } = pair;
    const adjustedP = testable.includes(pair) ? (adjusted[testable.indexOf(pair)] ?? null) : null;
    return {
      a: a.key,
      b: b.key,
      n: test.n,
      mean: test.mean,
      low: test.low,
      high: test.high,
      p: adjustedP === null ? null : test.p,
      adjustedP,
      effectSize: test.effectSize,
      sentence: pairSentence(a.name, b.name, test, adjustedP, input),
    };
  });
}

/** What a difference means, in words: who is ahead, by how much, how surely; or why nothing can be said. */
export function pairSentence(
  a: string,
  b: string,
  test: PairedTest,
  adjustedP: number | null,
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
  const seeds = test.n === 1 ? 'one shared seed' : `${test.n} shared seeds`;
  if (test.mean === 0 && (test.deviation ?? 0) === 0)
    return `${a} and ${b} measured exactly the same ${metric.metricTitle} on ${seeds}.`;
  const aLeads = metric.direction === 'lower' ? test.mean < 0 : test.mean > 0;
  const [ahead, behind] = aLeads ? [a, b] : [b, a];
  const relation = metric.direction === 'none' ? 'is higher than' : 'is better than';
  if (adjustedP === null)
    return `${ahead} measured ${amount} ${metric.direction === 'none' ? 'above' : 'better than'} ${behind} on ${seeds}. ${tooFewSeeds(test.n, null)}`;
  const evidence = `${formatP(adjustedP)} after Holm’s correction`;
  const effect = test.effectSize === null ? '' : `, effect size d_z = ${formatNumber(Math.abs(test.effectSize), 1)}`;
  if (adjustedP < 0.05)
    return `${ahead} ${relation} ${behind} by ${amount} (95 % interval, ${seeds}; ${evidence}${effect}).`;
  return `${ahead} measured ${amount} ${metric.direction === 'none' ? 'above' : 'better than'} ${behind}, but that difference cannot be told from chance (${seeds}; ${evidence}).`;
}

/** Only the settings in which the configurations differ; a setting that a method does not have is null. */
export function configurationDifferences(
  methods: readonly { readonly key: string; readonly hyperParameters: Readonly<Record<string, Scalar>> }[],
): { name: string; values: Record<string, Scalar | null> }[] {
  const names = [...new Set(methods.flatMap(({ hyperParameters }) => Object.keys(hyperParameters)))].sort();
  return names.flatMap((name) => {
    const values = methods.map(({ hyperParameters }) => hyperParameters[name] ?? null);
    if (values.every((value) => value === values[0])) return [];
    return [{ name, values: Object.fromEntries(methods.map(({ key }, i) => [key, values[i] ?? null])) }];
  });
}

const MOST_POINTS = 400;

/** Mean and 95 % t-band over seeds, at the x that every seed has; at most 400 points, the last always kept. */
export function bandedCurves(
  key: string,
  records: readonly { readonly curves: readonly Curve[] }[],
  factor: (df: number) => number = tFactors(),
): BandedCurve[] {
  const groups = new Map<string, { name: string; x: string; points: (readonly (readonly [number, number])[])[] }>();
  for (const { curves } of records) {
    for (const { name, x, points } of curves) {
      const group = groups.get(`${name}\n${x}`);
      if (group === undefined) groups.set(`${name}\n${x}`, { name, x, points: [points] });
      else group.points.push(points);
    }
  }
  return [...groups.values()].map(({ name, x, points }) => {
    const at = new Map<number, number[]>();
    for (const curve of points) {
      for (const [position, value] of curve) {
        const known = at.get(position);
        if (known === undefined) at.set(position, [value]);
        else known.push(value);
      }
    }
    const shared = [...at]
      .filter(([, values]) => values.length === points.length && values.every(Number.isFinite))
      .sort(([a], [b]) => a - b);
    const stride = Math.max(1, Math.ceil(shared.length / MOST_POINTS));
    const kept = shared.filter((_, i) => i % stride === 0 || i === shared.length - 1);
    return {
      key,
      name,
      x,
      points: kept.map(([position, values]) => {
        const band = tInterval(values, factor);
        return { x: position, mean: band.mean, low: band.low ?? band.mean, high: band.high ?? band.mean };
      }),
    };
  });
}

/** Element-wise means over seeds. A method whose rows are missing, ragged or hold an absent class is left out rather than shown wrongly. */
function meanTable(
  entries: readonly { readonly key: string; readonly records: readonly ComparedRecord[] }[],
  read: (record: ComparedRecord) => readonly (number | null)[] | undefined,
): { key: string; values: number[] }[] {
  return entries.flatMap(({ key, records }) => {
    const rows = records.flatMap((record) => {
      const row = read(record) ?? [];
      const numbers = row.flatMap((value) => (value !== null && Number.isFinite(value) ? [value] : []));
      return row.length === 0 || numbers.length !== row.length ? [] : [numbers];
    });
    const width = rows[0]?.length ?? 0;
    if (rows.length === 0 || rows.some((row) => row.length !== width)) return [];
    return [{ key, values: Array.from({ length: width }, (_, c) => mean(rows.map((row) => row[c] ?? Number.NaN))) }];
  });
}
