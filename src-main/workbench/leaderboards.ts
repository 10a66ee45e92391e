import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { claimForCell, judgeClaims } from '../metrics/claims.ts';
import type { ClaimsFile, JudgedClaim, MeasuredConfiguration } from '../metrics/claims.ts';
import { buildComparison } from '../metrics/compare.ts';
import { buildLeaderboard } from '../metrics/leaderboard.ts';
import type { CellRecord, ExpectedCell, RowInfo } from '../metrics/leaderboard.ts';
import { perClassAccuracy } from '../metrics/predictions.ts';
import { METRICS } from '../metrics/registry.ts';
import type { HyperParameters, Method } from '../methods/contract.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import { loadClaims } from '../reports/claims-files.ts';
import { loadReferenceRuns } from './reference-runs.ts';
import { canonicalJson } from '../results/canonical.ts';
import { configurationKey } from '../results/identity.ts';
import type { ResultsStore } from '../results/store.ts';
import type { MeasuredTrial } from '../results/types.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { WorkbenchError } from './contract.ts';
import type { ClaimRecord, CompareQuery, Comparison, Leaderboard, LeaderboardQuery } from './contract.ts';
import { settingsFor } from './settings.ts';
import type { PublishedSettings } from './settings.ts';

export interface LeaderboardParts {
  readonly store: ResultsStore;
  readonly methods: MethodRegistry;
  readonly suites: SuiteRegistry;
  settings(suite: string): PublishedSettings;
  /** Published claims; read from `resources/claims` unless given. */
  readonly claims?: readonly ClaimsFile[];
}

export const CLAIMS_FOLDER = fileURLToPath(new URL('../../resources/claims/', import.meta.url));

/** A trial with its row's key, in the forms that the leaderboard's mathematics takes; made once for each finished trial. */
interface Placed { readonly trial: MeasuredTrial; readonly key: string; readonly record: CellRecord; readonly expected: ExpectedCell }

/**
 * Leaderboards, comparisons and claims as queries over stored results. A row is a configuration: the method with the values by which it
 * differs from its settings for the suite (defaults and published ones), so that "EWC as published" is one row over suites that publish
 * different strengths.
 */
export class Leaderboards {
  readonly #parts: LeaderboardParts;
  readonly #claims: readonly ClaimsFile[];
  /** Differences from the usual settings by suite and configuration: resolved once. */
  readonly #own = new Map<string, Map<string, { key: string; own: HyperParameters }>>();
  readonly #placed = new WeakMap<MeasuredTrial, Placed>();

  constructor(parts: LeaderboardParts) {
    this.#parts = parts;
    this.#claims = parts.claims ?? (existsSync(CLAIMS_FOLDER) ? loadClaims(CLAIMS_FOLDER) : []);
  }

  leaderboard(query: LeaderboardQuery): Leaderboard {
    const trials = this.#place(this.#parts.store.measurements({ study: query.study, suites: query.suites, backend: query.backend }));
    const suites = this.#suitesOf(trials, query.suites);
    const columns = suites.flatMap((suite) => this.#metricsOf(suite, query.metrics, trials).map((metric) => ({ suite, metric, direction: METRICS.find(({ id }) => id === metric)?.direction ?? 'none' as const })));
    const claims = this.#judge(trials);
    const rows = this.#rows(trials);
    return buildLeaderboard({
      query, columns, rows, records: recordsOf(trials), expected: trials.map(({ expected }) => expected),
      refused: rows.flatMap((row) => suites.flatMap((suite) => {
        const verdict = this.#refusal(suite, row.method);
        return verdict === null ? [] : [{ suite, methodKey: row.key, reason: verdict }];
      })),
      ...(query.baseline === undefined ? {} : { baseline: query.baseline }),
      claimFor: (suite, key, metric) => claimForCell(claims, suite, key, metric),
    });
  }

  comparison(query: CompareQuery): Comparison {
    const { store } = this.#parts;
    const trials = this.#place(store.measurements({ study: query.study, suites: [query.suite], backend: query.backend })).filter(({ trial }) => trial.state === 'done');
    const rows = this.#rows(trials);
    const methods = query.rows.map((key) => {
      const row = rows.find((candidate) => candidate.key === key);
      if (row === undefined) throw new WorkbenchError({ kind: 'not-found', message: `There is no row "${key}" with results on ${query.suite}.`, remedy: `Known are: ${rows.map((known) => known.key).join(', ') || 'none'}.`, details: null });
      return { key, title: row.title, label: row.label, hyperParameters: row.hyperParameters };
    });
    const metric = METRICS.find(({ id }) => id === query.metric);
    if (metric === undefined) throw new WorkbenchError({ kind: 'not-found', message: `There is no metric "${query.metric}".`, remedy: null, details: null });
    let classNames: readonly string[] = [];
    const records = trials.filter(({ key }) => query.rows.includes(key)).flatMap((placed) => {
      const primitives = store.primitives(placed.trial.trial);
      const test = primitives?.probabilities['test'];
      if (test !== undefined) classNames = test.classNames ?? Array.from({ length: test.classes }, (_, index) => String(index));
      const perTask = primitives?.matrices['accuracy']?.at(-1);
      return recordsOf([placed]).map((record) => ({
        ...record, curves: primitives?.curves ?? [], ...(perTask === undefined ? {} : { perTask }), ...(test === undefined ? {} : { perClass: perClassAccuracy(test) }),
      }));
    });
    return buildComparison({ suite: query.suite, metric: query.metric, metricTitle: metric.title, direction: metric.direction, unit: metric.unit, methods, records, classNames });
  }

  /** Every published number beside what was measured here, or in one study (then of its suites only). */
  claims(within: { study?: string } = {}): ClaimRecord[] {
    const named = new Set(this.#claims.flatMap((file) => [...file.values, ...file.orderings].map(({ suite }) => suite)));
    const trials = this.#place(this.#parts.store.measurements({ study: within.study, suites: [...named] }));
    const shown = within.study === undefined ? null : new Set(trials.map(({ trial }) => trial.suite));
    return this.#judge(trials, within.study === undefined ? loadReferenceRuns(this.#parts.methods) : []).filter(({ suite }) => shown?.has(suite) ?? true).map(({ suite, scenario, method, metric, published, measured, verdict, note }) => ({ suite, scenario, method, metric, published, measured, verdict, note }));
  }

  /** The key of a trial's row: method and the hash of what differs from its usual settings on the suite. */
  rowOf(trial: { suite: string; method: string; configuration: string; hyperParameters: HyperParameters }): { key: string; own: HyperParameters } {
    let bySuite = this.#own.get(trial.suite);
    if (bySuite === undefined) this.#own.set(trial.suite, (bySuite = new Map()));
    let known = bySuite.get(trial.configuration);
    if (known === undefined) {
      const method = this.#parts.methods.methods.get(trial.method)?.method;
      const own = method === undefined ? trial.hyperParameters : differences(trial.hyperParameters, usualSettings(method, settingsFor(this.#parts.settings(trial.suite), trial.method)));
      known = { key: Object.keys(own).length === 0 ? trial.method : configurationKey(trial.method, own), own };
      bySuite.set(trial.configuration, known);
    }
    return known;
  }

  #place(trials: readonly MeasuredTrial[]): Placed[] {
    return trials.map((trial) => {
      let placed = this.#placed.get(trial);
      if (placed === undefined) {
        const { key } = this.rowOf(trial);
        const { suite, seed, state } = trial;
        placed = {
          trial, key, expected: { suite, methodKey: key, seed, state },
          record: { suite, methodKey: key, seed, trial: trial.trial, metrics: trial.metrics, cost: trial.cost, protocolHash: trial.protocolHash, backend: trial.backend },
        };
        this.#placed.set(trial, placed);
      }
      return placed;
    });
  }

  #suitesOf(trials: readonly Placed[], wanted: readonly string[] | undefined): string[] {
    if (wanted !== undefined) return [...wanted];
    const suites = new Set<string>();
    for (const { trial } of trials) suites.add(trial.suite);
    return [...suites];
  }

  /** The suite's own columns, or the asked ones; for a suite of another version of the program whatever was measured. */
  #metricsOf(suite: string, wanted: readonly string[] | undefined, trials: readonly Placed[]): string[] {
    if (wanted !== undefined) return [...wanted];
    const known = this.#parts.suites.suites.get(suite);
    if (known !== undefined) return [...known.metrics];
    return [...new Set(trials.filter(({ trial }) => trial.suite === suite).flatMap(({ trial }) => Object.keys(trial.metrics)))];
  }

  #rows(trials: readonly Placed[]): RowInfo[] {
    const rows = new Map<string, RowInfo>();
    const resolved = new Map<string, Map<string, HyperParameters>>();
    for (const { trial, key } of trials) {
      let configurations = resolved.get(key);
      if (configurations === undefined) resolved.set(key, (configurations = new Map()));
      if (!configurations.has(trial.configuration)) configurations.set(trial.configuration, trial.hyperParameters);
      const known = rows.get(key);
      if (known !== undefined && (known.label !== '' || trial.label === '')) continue;
      const method = this.#parts.methods.methods.get(trial.method)?.method;
      const { own } = this.rowOf(trial);
      rows.set(key, {
        key, method: trial.method, title: method?.title ?? trial.method, reference: method?.reference ?? null, family: method?.family ?? '', hyperParameters: {},
        label: trial.label !== '' ? trial.label : Object.entries(own).map(([name, value]) => `${name} ${String(value)}`).join(', '),
        needs: Object.fromEntries(Object.entries(method?.needs ?? {}).map(([need, asked]) => [need, asked === true])),
      });
    }
    return [...rows.values()].map((row) => ({ ...row, hyperParameters: common([...resolved.get(row.key)?.values() ?? []]) }));
  }

  #refusal(suite: string, method: string): string | null {
    const facts = this.#parts.suites.suites.get(suite)?.facts;
    const verdict = facts === undefined ? true : this.#parts.methods.methods.get(method)?.method.fits(facts) ?? true;
    return verdict === true ? null : verdict;
  }

  /** `references` stand in for configurations of which this machine has measured fewer seeds. */
  #judge(trials: readonly Placed[], references: readonly MeasuredConfiguration[] = []): JudgedClaim[] {
    if (this.#claims.length === 0) return [];
    const named = new Set(this.#claims.flatMap((file) => [...file.values, ...file.orderings].map(({ suite }) => suite)));
    const configurations = new Map<string, MeasuredConfiguration & { values: Record<string, { seed: number; value: number }[]> }>();
    for (const { trial, key } of trials) {
      if (trial.state !== 'done' || !named.has(trial.suite)) continue;
      const name = `${trial.suite}\n${trial.configuration}`;
      let known = configurations.get(name);
      if (known === undefined) {
        known = { suite: trial.suite, methodKey: key, method: trial.method, hyperParameters: trial.hyperParameters, published: key === trial.method, values: {} };
        configurations.set(name, known);
      }
      for (const [metric, value] of Object.entries(trial.metrics)) {
        const values = known.values[metric] ?? [];
        known.values[metric] = values;
        const same = values.findIndex(({ seed }) => seed === trial.seed);
        // The same seed again is another backend or an older engine; the later one counts, as on the leaderboard.
        if (same >= 0) values[same] = { seed: trial.seed, value };
        else values.push({ seed: trial.seed, value });
      }
    }
    const seeds = ({ values }: MeasuredConfiguration): number => Math.max(0, ...Object.values(values).map((list) => list.length));
    const measured = [...configurations.values()];
    const same = (a: MeasuredConfiguration, b: MeasuredConfiguration): boolean => a.suite === b.suite && a.method === b.method && canonicalJson(a.hyperParameters) === canonicalJson(b.hyperParameters);
    const judged = [
      ...measured.filter((own) => !references.some((reference) => same(own, reference) && seeds(reference) > seeds(own))),
      ...references.filter((reference) => !measured.some((own) => same(own, reference) && seeds(own) >= seeds(reference))),
    ];
    return this.#claims.flatMap((file) => judgeClaims(file, judged, (suite) => this.#parts.suites.suites.get(suite)?.facts.scenario ?? suite));
  }
}

function recordsOf(trials: readonly Placed[]): CellRecord[] {
  return trials.filter(({ trial }) => trial.state === 'done').map(({ record }) => record);
}

/** Defaults with the published settings over them; `{}` when those do not parse any more, so that every value then counts as own. */
export function usualSettings(method: Method, published: HyperParameters): Record<string, unknown> {
  const parsed = method.schema.safeParse(published);
  return parsed.success ? parsed.data : {};
}

function differences(values: HyperParameters, usual: Record<string, unknown>): HyperParameters {
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => usual[name] === undefined || canonicalJson(usual[name]) !== canonicalJson(value)));
}

/** Values that all share; where suites differ the words say so. */
function common(configurations: readonly HyperParameters[]): Record<string, number | string | boolean> {
  const names = new Set(configurations.flatMap((configuration) => Object.keys(configuration)));
  return Object.fromEntries([...names].map((name) => {
    const values = [...new Set(configurations.map((configuration) => configuration[name]).filter((value) => value !== undefined))];
    return [name, values.length === 1 && values[0] !== undefined ? values[0] : `by suite: ${values.join(', ')}`];
  }));
}
