import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { claimForCell, judgeClaims } from '../metrics/claims.ts';
import type { ClaimsFile, JudgedClaim, MeasuredConfiguration } from '../metrics/claims.ts';
import { buildLeaderboard } from '../metrics/leaderboard.ts';
import { CELL_COLUMNS, type RowInfo } from '../metrics/records.ts';
import { METRICS } from '../metrics/registry.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import { loadClaims } from '../reports/claims-files.ts';
import { loadReferenceRuns } from './reference-runs.ts';
import { canonicalJson } from '../base/canonical.ts';
import { configurationParts } from '../results/identity.ts';
import type { ResultsStore } from '../results/store.ts';
import type { BoardCell } from '../results/types.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { comparedMetric, compareRows, type ComparisonExtent } from './comparisons.ts';
import type { Configurations, Placement } from './configurations.ts';
import type { ClaimRecord, CompareQuery, Comparison, Leaderboard, LeaderboardQuery } from './contract/contract.ts';
import { remembered } from '../base/remembered.ts';

export interface LeaderboardParts {
  readonly store: ResultsStore;
  readonly methods: MethodRegistry;
  readonly suites: SuiteRegistry;
  readonly configurations: Configurations;
  /** Published claims; read from `resources/claims` unless given. */
  readonly claims?: readonly ClaimsFile[];
}

export const CLAIMS_FOLDER = fileURLToPath(new URL('../../resources/claims/', import.meta.url));

/** A cell with the row that it belongs to. */
interface Placed extends BoardCell, Placement {}

/** What a person has to know of rows that come from reports. */
function importWarnings(rows: readonly RowInfo[]): string[] {
  const names = (checked: boolean): string[] => [
    ...new Set(rows.flatMap(({ imported }) => (imported?.checked === checked ? [`"${imported.name}"`] : []))),
  ];
  const [checked, unchecked] = [names(true), names(false)];
  return [
    ...(checked.length === 0
      ? []
      : [`Rows imported from ${checked.join(', ')}: measured elsewhere; ids and metrics were computed again here.`]),
    ...(unchecked.length === 0
      ? []
      : [
          `Rows imported from ${unchecked.join(', ')} and not checked: their files do not hold what their ids or metrics are computed from. They are shown, not ranked.`,
        ]),
  ];
}

const leftOut = (count: number): string =>
  `${count === 1 ? 'One cell' : `${count} cells`} of earlier versions of your own method files ${count === 1 ? 'is' : 'are'} left out; their studies show them.`;

/**
 * Leaderboards, comparisons and claims as queries over stored results. A row is a configuration; `configurations.ts` says which are one.
 */
export class Leaderboards {
  readonly #parts: LeaderboardParts;
  readonly #claims: readonly ClaimsFile[];
  #references: readonly MeasuredConfiguration[] | null = null;

  constructor(parts: LeaderboardParts) {
    this.#parts = parts;
    this.#claims = parts.claims ?? (existsSync(CLAIMS_FOLDER) ? loadClaims(CLAIMS_FOLDER) : []);
  }

  leaderboard(query: LeaderboardQuery): Leaderboard {
    const { cells, superseded } = this.#present(query);
    const suites = query.suites ?? [...new Set(cells.map(({ cell }) => cell.suite))];
    const directions = new Map(METRICS.map(({ id, direction }) => [id, direction]));
    const available = suites.map((suite) =>
      this.#metricsOf(suite, query.metrics, cells).map((metric) => ({ suite, metric })),
    );
    const columns = chosenColumns(available, query).map(({ suite, metric }) => ({
      suite,
      metric,
      direction: directions.get(metric) ?? ('none' as const),
    }));
    const claims = claimsByCell(this.#judge(cells));
    const rows = this.#parts.configurations.rows(cells);
    const refusal = this.#refusals();
    const board = buildLeaderboard({
      query,
      columns,
      rows,
      cells,
      refusalOf: (suite, { method }) => refusal(suite, method),
      ...(query.without === undefined ? {} : { without: query.without }),
      ...(query.costsBySuite === undefined ? {} : { costsBySuite: query.costsBySuite }),
      ...(query.baseline === undefined ? {} : { baseline: query.baseline }),
      ...(query.seedsOf === undefined ? {} : { seedsOf: query.seedsOf }),
      claimFor: (suite, key, metric) => claims.get(suite)?.get(key)?.get(metric) ?? null,
    });
    const warnings = [...board.warnings, ...importWarnings(rows), ...(superseded === 0 ? [] : [leftOut(superseded)])];
    return { ...board, available: available.flat(), warnings };
  }

  /** Rows of the leaderboard of the same query compared in pairs: its numbers, whatever else is on it. */
  comparison(query: CompareQuery, extent: ComparisonExtent = {}): Comparison {
    const { suite, metric, rows, ...question } = query;
    comparedMetric(metric);
    const board = this.leaderboard({ ...question, suites: [suite], metrics: [metric], seedsOf: rows });
    return compareRows(this.#parts.store, board, query, extent);
  }

  /** Every published number beside what was measured here, or in one study (then of its suites only). */
  claims(within: { study?: string } = {}): ClaimRecord[] {
    const named = new Set(
      this.#claims.flatMap((file) => [...file.values, ...file.orderings].map(({ suite }) => suite)),
    );
    const all = this.#present({ study: within.study, suites: [...named] }).cells;
    // What is measured here, or in the study; what was imported is neither this machine's nor the program's own.
    const cells =
      within.study === undefined
        ? all.filter(({ cell }) => configurationParts(cell.configuration).origin === null)
        : all;
    const shown = within.study === undefined ? null : new Set(cells.map(({ cell }) => cell.suite));
    // Hundreds of runs with their metrics, which come with the program: read when first asked for, and kept.
    const references = within.study === undefined ? (this.#references ??= loadReferenceRuns(this.#parts.methods)) : [];
    return this.#judge(cells, references)
      .filter(({ suite }) => shown?.has(suite) ?? true)
      .map(({ suite, scenario, method, metric, published, measured, verdict, note }) => ({
        suite,
        scenario,
        method,
        metric,
        published,
        measured,
        verdict,
        note,
      }));
  }

  /** A study's cells; without a study all, save those that an edited own file has superseded, and how many of these there are. */
  #present(query: Parameters<ResultsStore['measurements']>[0]): { cells: readonly Placed[]; superseded: number } {
    const { store, methods } = this.#parts;
    // Internal trials (the nets that methods ask for) are no methods and have no row.
    const isMethod = ({ cell }: BoardCell): boolean => methods.methods.get(cell.method)?.method.hidden !== true;
    const cells = this.#place(store.measurements(query).filter(isMethod));
    const present = query.study === undefined ? cells.filter(({ superseded }) => superseded === null) : cells;
    return { cells: present, superseded: cells.length - present.length };
  }

  #place(cells: readonly BoardCell[]): Placed[] {
    const rowOf = this.#parts.configurations.placer();
    return cells.map((board) => ({ ...board, ...rowOf(board.cell) }));
  }

  /** The suite's own columns, or the asked ones; for a suite of another version of the program whatever was measured. */
  #metricsOf(suite: string, wanted: readonly string[] | undefined, cells: readonly Placed[]): string[] {
    if (wanted !== undefined) return [...wanted];
    const known = this.#parts.suites.suites.get(suite);
    if (known !== undefined) return [...known.metrics];
    return [
      ...new Set(cells.filter(({ cell }) => cell.suite === suite).flatMap(({ cell }) => [...cell.metrics.keys()])),
    ];
  }

  /** Why a method does not fit a suite, or null; each pair is asked once. */
  #refusals(): (suite: string, method: string) => string | null {
    const known = new Map<string, string | null>();
    return (suite, method) => {
      return remembered(known, `${suite}\n${method}`, () => {
        const facts = this.#parts.suites.suites.get(suite)?.facts;
        const verdict =
          facts === undefined ? true : (this.#parts.methods.methods.get(method)?.method.fits(facts) ?? true);
        return verdict === true ? null : verdict;
      });
    };
  }

  /** `references` stand in for configurations of which this machine has measured fewer seeds. */
  #judge(cells: readonly Placed[], references: readonly MeasuredConfiguration[] = []): JudgedClaim[] {
    if (this.#claims.length === 0) return [];
    // Only what some claim is about: a leaderboard may hold a thousand other configurations.
    const claimed = new Map<string, Map<string, Set<string>>>();
    const note = (suite: string, method: string, metric: string): void => {
      remembered(
        remembered(claimed, suite, () => new Map<string, Set<string>>()),
        method,
        () => new Set<string>(),
      ).add(metric);
    };
    for (const { values, orderings } of this.#claims) {
      for (const { suite, method, metric } of values) note(suite, method, metric);
      for (const { suite, better, worse, metric } of orderings)
        for (const { method } of [better, worse]) note(suite, method, metric);
    }
    const configurations = new Map<
      string,
      Omit<MeasuredConfiguration, 'values'> & {
        values: Record<string, { seed: number; value: number; order: number }[]>;
      }
    >();
    for (const { cell, key } of cells) {
      const metrics = claimed.get(cell.suite)?.get(cell.method);
      if (metrics === undefined || cell.count === 0) continue;
      const name = `${cell.suite}\n${cell.configuration}`;
      let known = configurations.get(name);
      if (known === undefined) {
        known = {
          suite: cell.suite,
          methodKey: key,
          method: cell.method,
          hyperParameters: cell.hyperParameters,
          published: key === cell.method,
          values: {},
        };
        configurations.set(name, known);
      }
      for (const metric of metrics) {
        if (!cell.metrics.has(metric)) continue;
        // The same seed again is another backend or an older engine; the later one counts, as on the leaderboard.
        const bySeed = new Map((known.values[metric] ?? []).map((measured) => [measured.seed, measured]));
        for (let i = 0; i < cell.count; i++) {
          const [seed, order, value] = [
            numberAt(cell, 'seed', i),
            numberAt(cell, 'order', i),
            metricAt(cell, metric, i),
          ];
          if (!Number.isNaN(value) && !((bySeed.get(seed)?.order ?? -1) > order))
            bySeed.set(seed, { seed, value, order });
        }
        known.values[metric] = [...bySeed.values()];
      }
    }
    const seeds = ({ values }: MeasuredConfiguration): number =>
      Math.max(0, ...Object.values(values).map((list) => list.length));
    const measured = [...configurations.values()];
    const same = (a: MeasuredConfiguration, b: MeasuredConfiguration): boolean =>
      a.suite === b.suite &&
      a.method === b.method &&
      canonicalJson(a.hyperParameters) === canonicalJson(b.hyperParameters);
    const judged = [
      ...measured.filter(
        (own) => !references.some((reference) => same(own, reference) && seeds(reference) > seeds(own)),
      ),
      ...references.filter(
        (reference) => !measured.some((own) => same(own, reference) && seeds(own) >= seeds(reference)),
      ),
    ];
    return this.#claims.flatMap((file) =>
      judgeClaims(file, judged, (suite) => this.#parts.suites.suites.get(suite)?.facts.scenario ?? suite),
    );
  }
}

/** The columns that a query asks for of those that each suite has; a suite's first one, its headline, is always among them. */
function chosenColumns<T extends { suite: string; metric: string }>(
  available: readonly (readonly T[])[],
  { columns, room }: LeaderboardQuery,
): T[] {
  if (columns !== undefined)
    return available.flatMap((ofSuite) =>
      ofSuite.filter(
        (column, i) =>
          i === 0 || columns.some(({ suite, metric }) => suite === column.suite && metric === column.metric),
      ),
    );
  const each = room === undefined ? Infinity : Math.max(1, Math.floor(room / Math.max(1, available.length)));
  return available.flatMap((ofSuite) => ofSuite.slice(0, each));
}

/** What every trial of a cell has, of its i-th one; `order` rises with the time of storing. */
function numberAt({ values, count }: BoardCell['cell'], name: (typeof CELL_COLUMNS)[number], i: number): number {
  return values[CELL_COLUMNS.indexOf(name) * count + i] ?? Number.NaN;
}

/** A metric of a cell's i-th trial; NaN where it was not measured. */
function metricAt({ values, count, metrics }: BoardCell['cell'], metric: string, i: number): number {
  const column = metrics.get(metric);
  return column === undefined ? Number.NaN : (values[column * count + i] ?? Number.NaN);
}

/** The claim that each cell shows by suite, row and metric: the first value claim about that configuration and metric, comparable ones first. */
function claimsByCell(claims: readonly JudgedClaim[]): Map<string, Map<string, Map<string, ClaimRecord>>> {
  const bySuite = new Map<string, Map<string, Map<string, ClaimRecord>>>();
  for (const { kind, suite, methodKey, metric } of claims) {
    const shown = kind === 'value' && methodKey !== null ? claimForCell(claims, suite, methodKey, metric) : null;
    if (shown === null || methodKey === null) continue;
    const byKey = remembered(bySuite, suite, () => new Map<string, Map<string, ClaimRecord>>());
    remembered(byKey, methodKey, () => new Map<string, ClaimRecord>()).set(metric, shown);
  }
  return bySuite;
}
