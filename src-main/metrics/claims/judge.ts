import { formatNumber, shownScale } from '../format.ts';
import type { ClaimRecord } from '../records.ts';
import { METRICS, type MetricUnit } from '../registry.ts';
import { tInterval } from '../statistics/estimates.ts';
import { measuredDifference } from '../statistics/measured.ts';
import { choose, type MeasuredConfiguration } from './choose.ts';
import {
  alternativesOf,
  claimId,
  type ClaimedConfiguration,
  type ClaimsFile,
  type OrderingClaim,
  type ValueClaim,
} from './file.ts';
import { judgeOrdering, judgeValue, LEAST_SEEDS_FOR_ORDER, wordFor } from './rule.ts';
import { isMissed, type Verdict } from './verdicts.ts';

/** A verdict with what it is about, for callers that place it in a cell. */
export interface JudgedClaim extends ClaimRecord {
  /** Key of the measured configuration, when one matched. */
  methodKey: string | null;
}

/** Judges every claim of a file against what was measured. `scenarioOf` names a suite's scenario; an unknown suite answers its own id. */
export function judgeClaims(
  file: ClaimsFile,
  measured: readonly MeasuredConfiguration[],
  scenarioOf: (suite: string) => string,
): JudgedClaim[] {
  return [
    ...file.values.map((claim) => valueRecord(file, claim, measured, scenarioOf(claim.suite))),
    ...file.orderings.map((claim) => orderingRecord(file, claim, measured, scenarioOf(claim.suite))),
  ];
}

function valueRecord(
  file: ClaimsFile,
  claim: ValueClaim,
  measured: readonly MeasuredConfiguration[],
  scenario: string,
): JudgedClaim {
  const found = choose(claim, claim.suite, claim.metric, measured, claim.value);
  const values = found?.values[claim.metric]?.map(({ value }) => value) ?? [];
  const unit = unitOf(claim.metric);
  const { verdict, because } = verdictOf(claim, [found], () => {
    if (values.length === 0) return { verdict: 'not run', because: [] };
    const { isMet, distance, allowed } = judgeValue(claim, file.spreadKind, values, unit);
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
    id: claimId(file, claim),
    kind: 'value',
    protocol: claim.protocol,
    methods: [claim.method],
    methodKey: found?.methodKey ?? null,
    suite: claim.suite,
    scenario,
    method: claim.method,
    metric: claim.metric,
    published: {
      value: claim.value,
      spread: claim.spread,
      n: claim.n,
      source: `${file.source.citation}; ${file.source.location}; row “${claim.row}”`,
    },
    measured: estimateOf(values),
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
  const better = choose(claim.better, claim.suite, claim.metric, measured);
  const worse = choose(claim.worse, claim.suite, claim.metric, measured);
  const other = new Map((worse?.values[claim.metric] ?? []).map(({ seed, value }) => [seed, value]));
  const differences = (better?.values[claim.metric] ?? []).flatMap(({ seed, value }) => {
    const reference = other.get(seed);
    return reference === undefined ? [] : [measuredDifference(value, reference)];
  });
  const isLowerBetter = METRICS.find(({ id }) => id === claim.metric)?.direction === 'lower';
  const { verdict, because } = verdictOf(claim, [better, worse], () => {
    const isMet = judgeOrdering(differences, isLowerBetter);
    return isMet === null
      ? { verdict: 'not run', because: [tooFew(differences.length)] }
      : { verdict: wordFor(claim.protocol, isMet), because: [] };
  });
  const name = `${configurationName(claim.better)} > ${configurationName(claim.worse)}`;
  const kind = `An ordering: the values are paired differences${isLowerBetter ? ', and lower is better' : ''}${
    claim.value === null ? '; the source claims the order only' : ''
  }.`;
  return {
    id: claimId(file, claim),
    kind: 'ordering',
    protocol: claim.protocol,
    methods: [claim.better.method, claim.worse.method],
    methodKey: better?.methodKey ?? null,
    suite: claim.suite,
    scenario,
    method: name,
    metric: claim.metric,
    published: {
      value: claim.value ?? 0,
      spread: null,
      n: null,
      source: `${file.source.citation}; ${file.source.location}`,
    },
    measured: estimateOf(differences),
    verdict,
    note: sentences([kind, claim.note, ...because]),
  };
}

interface Answer {
  readonly verdict: Verdict;
  /** What explains this verdict, and no other. */
  readonly because: readonly string[];
}

/** The order in which the reasons count: what cannot be compared, what was not run, what older code measured, and only then the rule. */
function verdictOf(
  claim: ValueClaim | OrderingClaim,
  sides: readonly (MeasuredConfiguration | null)[],
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

function tooFew(shared: number): string {
  if (shared === 0) return 'The two have no seed in common.';
  return `Only ${shared} shared ${shared === 1 ? 'seed' : 'seeds'}: an order is judged from ${LEAST_SEEDS_FOR_ORDER} on.`;
}

function estimateOf(values: readonly number[]): ClaimRecord['measured'] {
  if (values.length === 0) return null;
  const { mean, low, high, n } = tInterval(values);
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

/** The claim that a leaderboard's cell shows: the first value claim about that configuration and metric, comparable ones first. */
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
