import { z } from 'zod';
import { shownScale, formatNumber } from './format.ts';
import type { ClaimRecord, Scalar } from './records.ts';
import { METRICS } from './registry.ts';
import { tInterval } from './statistics/estimates.ts';
import { measuredDifference } from './statistics/measured.ts';

/**
 * What papers and reference implementations published, and the one rule of verdict (DESIGN.md): a value is reproduced when
 * |measured − published| ≤ max(0.02, 3·√(SEM_published² + SEM_measured²)); an ordering when the paired 95 % interval of the difference
 * over at least three seeds lies on its side of zero. Nothing here can be set per claim.
 */

/** Seeds that two methods must share before their order is judged. */
export const LEAST_SEEDS_FOR_ORDER = 3;

const scalar = z.union([z.number(), z.string(), z.boolean()]);
const partialConfiguration = z.record(z.string(), scalar);

/** Fields in which the published protocol differs from the suite's: then nothing can be reproduced or missed. */
const protocolDifference = z.strictObject({
  field: z.string().min(1),
  published: z.string().min(1),
  here: z.string().min(1),
});

const configuration = z.strictObject({
  method: z.string().min(1),
  /** Settings that a configuration must have to be meant; others are free. Several alternatives when the source does not say which was run. */
  hyperParameters: z.union([partialConfiguration, z.array(partialConfiguration).min(2)]).default({}),
});

const valueClaim = configuration.extend({
  suite: z.string().min(1),
  metric: z.string().min(1),
  /** In the metric's stored unit: shares from 0 to 1. */
  value: z.number(),
  spread: z.number().min(0).nullable(),
  n: z.number().int().min(1).nullable(),
  /** As the source's table names the row. */
  row: z.string().min(1),
  differences: z.array(protocolDifference).default([]),
  note: z.string().default(''),
  /** What was tried when a value is off; shown with the verdict. */
  tried: z.string().default(''),
});

/** That a source puts one method before another. Many claims hold beyond the protocol they were measured on: then the order is judged here, and the numbers stay out. */
const orderingClaim = z.strictObject({
  suite: z.string().min(1),
  metric: z.string().min(1),
  better: configuration,
  worse: configuration,
  /** Published difference, better − worse in the metric's unit, where the source gives both values on this very protocol; null where only the order is claimed. */
  value: z.number().nullable().default(null),
  /** Fields in which the protocols differ so much that not even the order can be asked for here. */
  differences: z.array(protocolDifference).default([]),
  note: z.string().default(''),
  tried: z.string().default(''),
});

/** One file under `resources/claims/`: one source. */
export const claimsFile = z.strictObject({
  format: z.literal(1),
  id: z.string().regex(/^[a-z0-9-]+$/),
  title: z.string().min(1),
  source: z.strictObject({
    citation: z.string().min(1),
    /** Where the numbers stand: a file of a repository, a table. */
    location: z.string().min(1),
    url: z.string().optional(),
  }),
  protocol: z.string().min(1),
  /** What the ± of the source is; `none` when it gives none. A standard deviation or an error of the mean is turned into SEM, nothing else. */
  spreadKind: z.enum(['standard deviation', 'standard error', 'none']),
  values: z.array(valueClaim),
  orderings: z.array(orderingClaim),
});

export type ClaimsFile = z.output<typeof claimsFile>;
export type ValueClaim = ClaimsFile['values'][number];
export type OrderingClaim = ClaimsFile['orderings'][number];
type Configuration = OrderingClaim['better'];

/** A verdict with what it is about, for callers that place it in a cell. */
export interface JudgedClaim extends ClaimRecord {
  kind: 'value' | 'ordering';
  /** Row of the source's table. */
  row: string;
  /** Key of the measured configuration, when one matched. */
  methodKey: string | null;
}

/** A configuration that was measured on a suite, with its value per seed. */
export interface MeasuredConfiguration {
  readonly suite: string;
  readonly methodKey: string;
  readonly method: string;
  readonly hyperParameters: Readonly<Record<string, Scalar>>;
  /** True when these are the suite's published settings: preferred where several configurations match a claim. */
  readonly published: boolean;
  /** A sentence that says where the values come from, when not from this machine's own results. */
  readonly origin?: string;
  /** By metric id. */
  readonly values: Readonly<Record<string, readonly { readonly seed: number; readonly value: number }[]>>;
}

/** max(0.02, 3·√(SEM_published² + SEM_measured²)). */
export function tolerance(publishedSem: number, measuredSem: number): number {
  return Math.max(0.02, 3 * Math.hypot(publishedSem, measuredSem));
}

/** The standard error of a published mean; 0 where the source gives no spread or no n, which only makes the rule stricter. */
export function publishedSem(spread: number | null, n: number | null, kind: ClaimsFile['spreadKind']): number {
  if (spread === null || kind === 'none') return 0;
  if (kind === 'standard error') return spread;
  return n === null ? 0 : spread / Math.sqrt(n);
}

/** Does a configuration hold every setting that the claim asks for? */
export function matches(
  claim: Configuration,
  candidate: { readonly method: string; readonly hyperParameters: Readonly<Record<string, Scalar>> },
): boolean {
  if (claim.method !== candidate.method) return false;
  const alternatives = Array.isArray(claim.hyperParameters) ? claim.hyperParameters : [claim.hyperParameters];
  return alternatives.some((wanted) =>
    Object.entries(wanted).every(([name, value]) => candidate.hyperParameters[name] === value),
  );
}

/** Of several matching configurations: published settings first, then most seeds; the one nearest to the claim only where the source leaves alternatives open. */
function choose(
  claim: Configuration & { readonly value?: number },
  suite: string,
  metric: string,
  measured: readonly MeasuredConfiguration[],
): MeasuredConfiguration | null {
  const found = measured.filter(
    (candidate) =>
      candidate.suite === suite && matches(claim, candidate) && (candidate.values[metric]?.length ?? 0) > 0,
  );
  const open = Array.isArray(claim.hyperParameters) ? claim.value : undefined;
  const published = found.filter((candidate) => candidate.published);
  const pool = published.length > 0 && open === undefined ? published : found;
  const seeds = (candidate: MeasuredConfiguration): number => candidate.values[metric]?.length ?? 0;
  const distance = (candidate: MeasuredConfiguration): number =>
    open === undefined
      ? 0
      : Math.abs(tInterval((candidate.values[metric] ?? []).map(({ value }) => value)).mean - open);
  return [...pool].sort((a, b) => seeds(b) - seeds(a) || distance(a) - distance(b))[0] ?? null;
}

/** Judges every claim of a file against what was measured. `scenarioOf` names a suite's scenario; an unknown suite answers its own id. */
export function judgeClaims(
  file: ClaimsFile,
  measured: readonly MeasuredConfiguration[],
  scenarioOf: (suite: string) => string,
): JudgedClaim[] {
  return [
    ...file.values.map((claim) => judgeValue(file, claim, measured, scenarioOf(claim.suite))),
    ...file.orderings.map((claim) => judgeOrdering(file, claim, measured, scenarioOf(claim.suite))),
  ];
}

function judgeValue(
  file: ClaimsFile,
  claim: ValueClaim,
  measured: readonly MeasuredConfiguration[],
  scenario: string,
): JudgedClaim {
  const found = choose(claim, claim.suite, claim.metric, measured);
  const values = found?.values[claim.metric]?.map(({ value }) => value) ?? [];
  const estimate = values.length === 0 ? null : tInterval(values);
  const record: JudgedClaim = {
    kind: 'value',
    row: claim.row,
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
    measured:
      estimate === null
        ? null
        : {
            mean: estimate.mean,
            low: estimate.low ?? estimate.mean,
            high: estimate.high ?? estimate.mean,
            n: estimate.n,
          },
    verdict: 'not run',
    note: '',
  };
  const notes = [claim.note];
  if (claim.differences.length > 0) {
    record.verdict = 'not comparable';
    notes.push(differingFields(claim.differences));
  } else if (estimate !== null) {
    const allowed = tolerance(
      publishedSem(claim.spread, claim.n, file.spreadKind),
      (estimate.deviation ?? 0) / Math.sqrt(estimate.n),
    );
    const distance = Math.abs(estimate.mean - claim.value);
    // The bound is part of the rule, so rounding in the last bits must not decide.
    record.verdict = distance <= allowed + 1e-12 ? 'reproduced' : 'off';
    notes.push(`Off by ${show(distance, claim.metric)}, allowed ${show(allowed, claim.metric)}.`);
    if (record.verdict === 'off') notes.push(claim.tried);
  }
  if (found !== null && Array.isArray(claim.hyperParameters))
    notes.push(
      `The source does not say which setting it used; measured with ${settings(claim.hyperParameters, found)}.`,
    );
  if (found?.origin !== undefined && estimate !== null) notes.push(found.origin);
  record.note = notes.filter((note) => note !== '').join(' ');
  return record;
}

function judgeOrdering(
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
  const estimate = differences.length === 0 ? null : tInterval(differences);
  const name = `${configurationName(claim.better)} > ${configurationName(claim.worse)}`;
  const record: JudgedClaim = {
    kind: 'ordering',
    row: name,
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
    measured:
      estimate === null
        ? null
        : {
            mean: estimate.mean,
            low: estimate.low ?? estimate.mean,
            high: estimate.high ?? estimate.mean,
            n: estimate.n,
          },
    verdict: 'not run',
    note: '',
  };
  const lowerIsBetter = METRICS.find(({ id }) => id === claim.metric)?.direction === 'lower';
  const notes = [
    `An ordering: the values are paired differences${lowerIsBetter ? ', and lower is better' : ''}${claim.value === null ? '; the source claims the order only' : ''}.`,
    claim.note,
  ];
  if (claim.differences.length > 0) {
    record.verdict = 'not comparable';
    notes.push(differingFields(claim.differences));
  } else if (estimate?.low != null && estimate.high !== null && estimate.n >= LEAST_SEEDS_FOR_ORDER) {
    record.verdict = (lowerIsBetter ? estimate.high < 0 : estimate.low > 0) ? 'reproduced' : 'off';
    if (record.verdict === 'off') notes.push(claim.tried);
  } else if (estimate !== null)
    notes.push(
      `Only ${estimate.n} shared ${estimate.n === 1 ? 'seed' : 'seeds'}: an order is judged from ${LEAST_SEEDS_FOR_ORDER} on.`,
    );
  else if (better !== null && worse !== null) notes.push('The two have no seed in common.');
  if (estimate !== null)
    notes.push([...new Set([better?.origin, worse?.origin])].filter((origin) => origin !== undefined).join(' '));
  record.note = notes.filter((note) => note !== '').join(' ');
  return record;
}

function differingFields(differences: ClaimsFile['values'][number]['differences']): string {
  return `Another protocol: ${differences.map(({ field, published, here }) => `${field} (published: ${published}; here: ${here})`).join('; ')}.`;
}

function configurationName({ method, hyperParameters }: Configuration): string {
  const given = Array.isArray(hyperParameters)
    ? []
    : Object.entries(hyperParameters).map(([name, value]) => `${name} ${value}`);
  return given.length === 0 ? method : `${method} (${given.join(', ')})`;
}

function settings(alternatives: readonly Readonly<Record<string, Scalar>>[], found: MeasuredConfiguration): string {
  const names = [...new Set(alternatives.flatMap((alternative) => Object.keys(alternative)))];
  return names.map((name) => `${name} ${found.hyperParameters[name] ?? ''}`).join(', ');
}

function show(value: number, metric: string): string {
  const unit = METRICS.find(({ id }) => id === metric)?.unit ?? 'number';
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
