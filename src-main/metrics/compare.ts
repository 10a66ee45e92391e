import { meanTable, bandedCurves, type BandedCurve, type ComparedRecord } from './compare-curves.ts';
import { pairSentence } from './compare-sentence.ts';
import { judgementOf, testFamily } from './family.ts';
import type { Look } from './looks.ts';
import type { Estimate, Judgement, LeaderboardCell, Scalar } from './records.ts';
import type { Direction, MetricUnit } from './definitions/metric.ts';
import { pairedDifferences } from './samples.ts';
import {
  isEnoughForTest,
  MINIMUM_PAIRS_ACROSS_FOLDS,
  MINIMUM_SEEDS_FOR_TEST,
  tFactors,
} from './statistics/estimates.ts';

/** A row of the board that the question is asked on, with its cell of the compared column. */
export interface BoardMethod {
  readonly key: string;
  readonly title: string;
  readonly name: string;
  readonly look: Look;
  readonly hyperParameters: Record<string, Scalar>;
  readonly cell: LeaderboardCell;
}

export interface ComparisonInput {
  readonly suite: string;
  readonly metric: string;
  readonly metricTitle: string;
  readonly direction: Direction;
  readonly unit: MetricUnit;
  /**
   * Every configuration that was run, not only those compared: their column gives estimates, ranks and the p against
   * the best.
   */
  readonly board: readonly BoardMethod[];
  /** Keys of the configurations to compare. */
  readonly compared: readonly string[];
  /** All pairs of them, unless only those with the best are asked for. */
  readonly pairs?: 'all' | 'with the best';
  /** Finished trials of the compared configurations, for curves and tables. */
  readonly records: readonly ComparedRecord[];
  readonly classNames: readonly string[];
  /** What the board says of this column and whoever compares has to know too. */
  readonly notes?: readonly string[];
}

export interface PairComparison {
  a: string;
  b: string;
  n: number;
  /** a − b. */
  mean: number;
  low: number | null;
  high: number | null;
  /** Not adjusted. This p and the next two are null below five shared seeds. */
  p: number | null;
  /** Adjusted (Holm) over the pairs compared. */
  pairwiseP: number | null;
  /** As on the board: adjusted (Holm) over all configurations against the best; null where neither is the best. */
  familyP: number | null;
  /** What the pair says of `a`, by `familyP`, or by `pairwiseP` where the best has no part in it. */
  judgement: Judgement;
  effectSize: number | null;
  sentence: string;
}

export interface ComparedMethod {
  key: string;
  title: string;
  name: string;
  look: Look;
  estimate: Estimate | null;
  hyperParameters: Record<string, Scalar>;
  /** The board's. */
  rank: number | null;
  best: boolean;
  tiedWithBest: boolean | null;
  /** Against the best, adjusted over all configurations: the board's. */
  p: number | null;
}

export interface Comparison {
  suite: string;
  metric: string;
  methods: ComparedMethod[];
  /** What was run: ranked configurations, how many of them were tested against the best, and which that is. */
  family: { configurations: number; tested: number; best: { key: string; name: string } | null };
  pairs: PairComparison[];
  /**
   * Pairs that Holm's correction of `pairwiseP` is over, and pairs of the compared configurations that are not among
   * `pairs`.
   */
  pairwise: { tested: number; leftOut: number };
  differences: { name: string; values: Record<string, Scalar | null> }[];
  curves: BandedCurve[];
  perTask: { key: string; values: number[] }[];
  perClass: { key: string; values: number[] }[];
  classNames: string[];
  warnings: string[];
}

/**
 * Configurations on one suite and metric, paired by seed. What is compared is a choice among what was run, and changes
 * none of the board's numbers: estimates, ranks and the p against the best come from the board's column; a pairwise
 * family of its own stands beside them.
 */
export function buildComparison(input: ComparisonInput): Comparison {
  const factor = tFactors();
  const chosen = input.compared.flatMap((key) => input.board.find((method) => method.key === key) ?? []);
  const methods = chosen.map(
    ({ key, title, name, look, hyperParameters, cell: { estimate, rank, best, tiedWithBest, p } }): ComparedMethod => ({
      key,
      title,
      name,
      look,
      estimate,
      hyperParameters,
      rank,
      best,
      tiedWithBest,
      p,
    }),
  );
  const ranked = input.board.filter(({ cell }) => cell.rank !== null);
  const leader = ranked.find(({ cell }) => cell.best && cell.p === null);
  const tested = ranked.filter(({ cell }) => cell.p !== null).length;
  const { pairs, pairwise } = comparePairs(methods, leader?.key ?? null, tested, input, factor);
  const warnings = methods.flatMap((method) =>
    method.estimate === null ? [`${method.name} has no finished result for ${input.metric} on ${input.suite}.`] : [],
  );
  const folds = Math.max(1, ...methods.map(({ estimate }) => estimate?.folds ?? 1));
  if (pairs.some(({ n }) => !isEnoughForTest(n, folds)))
    warnings.push(
      folds === 1
        ? `Some pairs share fewer than ${MINIMUM_SEEDS_FOR_TEST} seeds: no p values there.`
        : `Some pairs share fewer than ${MINIMUM_PAIRS_ACROSS_FOLDS} pairs of seed and fold: no p values there.`,
    );
  if (folds > 1)
    warnings.push(
      `Across ${folds} folds: intervals and p are those of the corrected resampled t-test (Nadeau and Bengio 2003).`,
    );
  warnings.push(...(input.notes ?? []));
  const entries = chosen.map(({ key, cell }) => ({ key, records: recordsOf(cell, input.records) }));
  return {
    suite: input.suite,
    metric: input.metric,
    methods,
    family: {
      configurations: ranked.length,
      tested,
      best: leader === undefined ? null : { key: leader.key, name: leader.name },
    },
    pairs,
    pairwise,
    warnings,
    differences: configurationDifferences(methods),
    curves: entries.flatMap(({ key, records }) => bandedCurves(key, records, factor)),
    perTask: meanTable(entries, (record) => record.perTask),
    perClass: meanTable(entries, (record) => record.perClass),
    classNames: [...input.classNames],
  };
}

/** The trials that the board's estimate is over. */
function recordsOf({ estimate }: LeaderboardCell, records: readonly ComparedRecord[]): ComparedRecord[] {
  const byTrial = new Map(records.map((record) => [record.trial, record]));
  return (estimate?.values ?? []).flatMap(({ trial }) => byTrial.get(trial) ?? []);
}

function comparePairs(
  methods: readonly ComparedMethod[],
  leader: string | null,
  testedWithLeader: number,
  input: ComparisonInput,
  factor: (df: number) => number,
): Pick<Comparison, 'pairs' | 'pairwise'> {
  const all = methods.flatMap((a, i) =>
    methods.slice(i + 1).flatMap((b) => {
      const differences = a.estimate === null || b.estimate === null ? null : pairedDifferences(a.estimate, b.estimate);
      return differences === null || differences.values.length === 0 ? [] : [{ a, b, differences }];
    }),
  );
  const everyPair = input.pairs !== 'with the best';
  const asked = everyPair
    ? all
    : all.filter(({ a, b }) => [a, b].some(({ key }) => key === leader) && a.rank !== null && b.rank !== null);
  const tests = testFamily(
    asked.map(({ differences }) => differences),
    factor,
  );
  const pairwiseTests = everyPair ? tests.filter((test) => test !== null && test.adjustedP !== null).length : 0;
  const pairs = asked.flatMap(({ a, b }, i): PairComparison[] => {
    const test = tests[i];
    if (test === null) return [];
    const familyP = a.key === leader ? b.p : b.key === leader ? a.p : null;
    const pairwiseP = everyPair ? test.adjustedP : null;
    const p = familyP ?? pairwiseP;
    const family =
      familyP === null
        ? plural(pairwiseTests, 'pair compared', 'pairs compared')
        : plural(testedWithLeader, 'test against the best', 'tests against the best');
    const judgement = judgementOf(test.mean, p, input.direction);
    const sentence = pairSentence(a.name, b.name, test, { p, family }, input);
    const { n, mean, low, high, effectSize } = test;
    return [{ a: a.key, b: b.key, n, mean, low, high, p: test.p, pairwiseP, familyP, judgement, effectSize, sentence }];
  });
  return { pairs, pairwise: { tested: pairwiseTests, leftOut: all.length - asked.length } };
}

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

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
