import { placeText } from '../../base/places.ts';
import { formatNumber, shownScale } from '../format.ts';
import type { ClaimRecord } from '../records.ts';
import type { MetricUnit } from '../definitions/metric.ts';
import { METRICS } from '../registry.ts';
import { MINIMUM_PAIRS_ACROSS_FOLDS, tInterval } from '../statistics/estimates.ts';
import { measuredDifference } from '../statistics/measured.ts';
import { choose, type MeasuredConfiguration } from './choose.ts';
import {
  alternativesOf,
  claimId,
  type BoundClaim,
  type ClaimedConfiguration,
  type ClaimsFile,
  type IdentityClaim,
  type OrderingClaim,
  type ValueClaim,
} from './file.ts';
import {
  judgeBound,
  judgeIdentity,
  judgeOrdering,
  judgeValue,
  LEAST_SEEDS_FOR_BOUND,
  LEAST_SEEDS_FOR_VALUE,
  LEAST_SHARED_SEEDS,
  wordFor,
} from './rule.ts';
import { isMissed, type Verdict } from './verdicts.ts';

/** A verdict with what it is about, for callers that place it in a cell. */
export interface JudgedClaim extends ClaimRecord {
  /** Key of the measured configuration, when one matched. */
  methodKey: string | null;
}

/**
 * Judges every claim of a file against what was measured. `scenarioOf` names a suite's scenario; an unknown suite
 * answers its own id.
 */
export function judgeClaims(
  file: ClaimsFile,
  measured: readonly MeasuredConfiguration[],
  scenarioOf: (suite: string) => string,
): JudgedClaim[] {
  return [
    ...file.values.map((claim) => valueRecord(file, claim, measured, scenarioOf(claim.suite))),
    ...file.orderings.map((claim) => orderingRecord(file, claim, measured, scenarioOf(claim.suite))),
    ...file.identities.map((claim) => identityRecord(file, claim, measured, scenarioOf(claim.suite))),
    ...file.bounds.map((claim) => boundRecord(file, claim, measured, scenarioOf(claim.suite))),
  ];
}

function valueRecord(
  file: ClaimsFile,
  claim: ValueClaim,
  measured: readonly MeasuredConfiguration[],
  scenario: string,
): JudgedClaim {
  const found = choose(claim, claim.suite, claim.metric, measured, { nearTo: claim.value });
  const values = found?.values[claim.metric]?.map(({ value }) => value) ?? [];
  const unit = unitOf(claim.metric);
  const { verdict, because } = verdictOf(claim, [found], () => {
    const judged = judgeValue(claim, file.spreadKind, values, unit, found?.folds);
    if (judged === null)
      return { verdict: 'not run', because: [`Only one seed: a value is judged from ${LEAST_SEEDS_FOR_VALUE} on.`] };
    const { isMet, distance, allowed } = judged;
    return {
      verdict: wordFor(claim.protocol, isMet),
      because: [`Off by ${show(distance, unit)}, allowed ${show(allowed, unit)}.`],
    };
  });
  const alternatives = alternativesOf(claim);
  const open =
    found === null || alternatives.length === 1
      ? ''
      : `The source does not say which setting it used; measured with ${settings(alternatives, found)}.`;
  return {
    ...recordOf(file, claim, { kind: 'value', found, measured: estimateOf(values, found?.folds ?? 1), scenario }),
    methods: [claim.method],
    method: claim.method,
    published: {
      value: claim.value,
      spread: claim.spread,
      n: claim.n,
      source: `${sourceOf(file)}; row “${claim.row}”`,
    },
    verdict,
    note: sentences([claim.note, ...because, open]),
  };
}

function orderingRecord(
  file: ClaimsFile,
  claim: OrderingClaim,
  measured: readonly MeasuredConfiguration[],
  scenario: string,
): JudgedClaim {
  const { sides, pairs, folds } = pairedSides(claim, [claim.better, claim.worse], measured);
  const differences = pairs.map(([better, worse]) => measuredDifference(better, worse));
  const isLowerBetter = METRICS.find(({ id }) => id === claim.metric)?.direction === 'lower';
  const { verdict, because } = verdictOf(claim, sides, () => {
    const isMet = judgeOrdering(differences, isLowerBetter, folds, claim.within);
    return isMet === null
      ? { verdict: 'not run', because: [tooFew(differences.length, folds)] }
      : { verdict: wordFor(claim.protocol, isMet), because: [] };
  });
  const what = claim.within === undefined ? 'An ordering' : `Not worse by ${claim.within} or more`;
  const kind = `${what}: the values are paired differences${isLowerBetter ? ', and lower is better' : ''}${
    claim.value === null && claim.within === undefined ? '; the source claims the order only' : ''
  }.`;
  return {
    ...recordOf(file, claim, { kind: 'ordering', found: sides[0], measured: estimateOf(differences, folds), scenario }),
    methods: [claim.better.method, claim.worse.method],
    method: `${configurationName(claim.better)} ${claim.within === undefined ? '>' : '≳'} ${configurationName(claim.worse)}`,
    published: {
      value: claim.value ?? (claim.within === undefined ? 0 : -claim.within),
      spread: null,
      n: null,
      source: sourceOf(file),
    },
    verdict,
    note: sentences([kind, claim.note, ...because]),
  };
}

function identityRecord(
  file: ClaimsFile,
  claim: IdentityClaim,
  measured: readonly MeasuredConfiguration[],
  scenario: string,
): JudgedClaim {
  const { sides, pairs, folds } = pairedSides(claim, [claim.one, claim.other], measured);
  const { verdict, because } = verdictOf(claim, sides, () => {
    const isMet = judgeIdentity(pairs, folds);
    return isMet === null
      ? { verdict: 'not run', because: [tooFew(pairs.length, folds)] }
      : { verdict: wordFor(claim.protocol, isMet), because: [] };
  });
  const differences = pairs.map(([one, other]) => measuredDifference(one, other));
  return {
    ...recordOf(file, claim, { kind: 'identity', found: sides[0], measured: estimateOf(differences, folds), scenario }),
    methods: [claim.one.method, claim.other.method],
    method: `${configurationName(claim.one)} = ${configurationName(claim.other)}`,
    published: { value: 0, spread: null, n: null, source: sourceOf(file) },
    verdict,
    note: sentences(['An identity: the values are paired differences.', claim.note, ...because]),
  };
}

type Sides = readonly (MeasuredConfiguration | null)[];

/** Both configurations of a claim as they were measured, and their values for the seeds (and folds) that they share. */
function pairedSides(
  { suite, metric }: OrderingClaim | IdentityClaim,
  claimed: readonly [ClaimedConfiguration, ClaimedConfiguration],
  measured: readonly MeasuredConfiguration[],
): { readonly sides: Sides; readonly pairs: [one: number, other: number][]; readonly folds: number } {
  const [first, second] = claimed.map((side) => choose(side, suite, metric, measured));
  const other = new Map((second?.values[metric] ?? []).map((one) => [placeText(one), one.value]));
  const pairs = (first?.values[metric] ?? []).flatMap((one): [number, number][] => {
    const paired = other.get(placeText(one));
    return paired === undefined ? [] : [[one.value, paired]];
  });
  return { sides: [first ?? null, second ?? null], pairs, folds: Math.max(first?.folds ?? 1, second?.folds ?? 1) };
}

/** What the records of all kinds of claim have in common; `found` is the configuration whose method is named first. */
function recordOf(
  file: ClaimsFile,
  claim: ValueClaim | OrderingClaim | IdentityClaim | BoundClaim,
  given: {
    kind: ClaimRecord['kind'];
    found: MeasuredConfiguration | null;
    measured: ClaimRecord['measured'];
    scenario: string;
  },
): Omit<JudgedClaim, 'methods' | 'method' | 'published' | 'verdict' | 'note'> {
  const { kind, found, measured, scenario } = given;
  const { protocol, suite, metric } = claim;
  return {
    id: claimId(file, claim),
    kind,
    protocol,
    methodKey: found?.methodKey ?? null,
    suite,
    scenario,
    metric,
    measured,
  };
}

function boundRecord(
  file: ClaimsFile,
  claim: BoundClaim,
  measured: readonly MeasuredConfiguration[],
  scenario: string,
): JudgedClaim {
  const found = choose(claim, claim.suite, claim.metric, measured, { needsValues: false });
  const values = found?.values[claim.metric]?.map(({ value }) => value) ?? [];
  const seeds = found?.seeds.length ?? 0;
  const { verdict, because } = verdictOf(claim, [found], () => {
    const judged = judgeBound(claim, values, seeds);
    return judged === null
      ? { verdict: 'not run', because: [`Only ${seeds} seeds: a bound is judged from ${LEAST_SEEDS_FOR_BOUND} on.`] }
      : { verdict: wordFor(claim.protocol, judged.isMet), because: [`${judged.reached} of ${seeds} seeds reach it.`] };
  });
  return {
    ...recordOf(file, claim, { kind: 'bound', found, measured: estimateOf(values, found?.folds ?? 1), scenario }),
    methods: [claim.method],
    method: claim.method,
    published: {
      value: claim.atLeast,
      spread: null,
      n: null,
      source: sourceOf(file),
    },
    verdict,
    note: sentences(['A bound, for at least four seeds of five.', claim.note, ...because]),
  };
}

interface Answer {
  readonly verdict: Verdict;
  /** What explains this verdict, and no other. */
  readonly because: readonly string[];
}

/**
 * The order in which the reasons count: what cannot be compared, what was not run, what older code measured, and only
 * then the rule.
 */
function verdictOf(
  claim: ValueClaim | OrderingClaim | IdentityClaim | BoundClaim,
  sides: Sides,
  judged: () => Answer,
): Answer {
  if (claim.differences.length > 0) {
    const fields = claim.differences.map(
      ({ field, published, here }) => `${field} (published: ${published}; here: ${here})`,
    );
    return { verdict: 'not comparable', because: [`Another protocol: ${fields.join('; ')}.`] };
  }
  if (sides.includes(null)) return { verdict: 'not run', because: [] };
  const older = [...new Set(sides.flatMap((side) => side?.older ?? []))];
  if (older.length > 0) return { verdict: 'outdated', because: [`Measured by older code: ${older.join('; ')}.`] };
  const answer = judged();
  return isMissed(answer.verdict) ? { ...answer, because: [...answer.because, claim.tried] } : answer;
}

const sourceOf = ({ source }: ClaimsFile): string => `${source.citation}; ${source.location}`;

function tooFew(shared: number, folds: number): string {
  if (shared === 0) return 'The two have no seed in common.';
  if (folds > 1)
    return `Only ${shared} shared pairs of seed and fold: two methods are judged from ${MINIMUM_PAIRS_ACROSS_FOLDS} on.`;
  const seeds = shared === 1 ? 'seed' : 'seeds';
  return `Only ${shared} shared ${seeds}: two methods are judged from ${LEAST_SHARED_SEEDS} on.`;
}

function estimateOf(values: readonly number[], folds: number): ClaimRecord['measured'] {
  if (values.length === 0) return null;
  const { mean, low, high, n } = tInterval(values, undefined, folds);
  return { mean, low: low ?? mean, high: high ?? mean, n };
}

function configurationName({ method, hyperParameters }: ClaimedConfiguration): string {
  const given = Array.isArray(hyperParameters)
    ? []
    : Object.entries(hyperParameters).map(([name, value]) => `${name} ${value}`);
  return given.length === 0 ? method : `${method} (${given.join(', ')})`;
}

function settings(alternatives: ReturnType<typeof alternativesOf>, found: MeasuredConfiguration): string {
  const names = [...new Set(alternatives.flatMap((alternative) => Object.keys(alternative)))];
  return names.map((name) => `${name} ${found.hyperParameters[name] ?? ''}`).join(', ');
}

const sentences = (texts: readonly string[]): string => texts.filter((text) => text !== '').join(' ');

const unitOf = (metric: string): MetricUnit => METRICS.find(({ id }) => id === metric)?.unit ?? 'number';

function show(value: number, unit: MetricUnit): string {
  return `${formatNumber(value * shownScale(unit), unit === 'share' ? 2 : 4)}${unit === 'share' ? ' points' : ''}`;
}

/**
 * The claim that a leaderboard's cell shows: the first value claim about that configuration and metric, comparable ones
 * first.
 */
export function claimForCell(
  claims: readonly JudgedClaim[],
  suite: string,
  methodKey: string,
  metric: string,
): ClaimRecord | null {
  const found = claims.filter(
    (claim) =>
      claim.kind === 'value' && claim.suite === suite && claim.methodKey === methodKey && claim.metric === metric,
  );
  return found.find(({ verdict }) => verdict !== 'not comparable') ?? found[0] ?? null;
}
