import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MeasuredConfiguration } from '../metrics/claims/choose.ts';
import type { ClaimsFile } from '../metrics/claims/file.ts';
import { claimForCell, type JudgedClaim } from '../metrics/claims/judge.ts';
import type { MetricWords } from '../metrics/definitions/metric.ts';
import { buildLeaderboard } from '../metrics/leaderboard.ts';
import { isShownOnly } from '../metrics/records.ts';
import type { EndedTrial, ImportedRow, OlderResults, RowInfo } from '../metrics/records.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import { loadClaims } from '../reports/claims-files.ts';
import { ClaimsBook, withoutKey } from './claims/book.ts';
import { measuredCells } from './claims/measured-cells.ts';
import { shippedRuns } from './claims/shipped.ts';
import { isMeasure } from '../base/measures.ts';
import { joinedAtMost } from '../base/shortened.ts';
import { arranged } from './board-cells.ts';
import { metricWords } from './measures.ts';
import type { ArrangedCells, PlacedBoardCell } from './board-cells.ts';
import type { Superseded } from './superseded.ts';
import { rowsHereAlready } from './here-already.ts';
import { originOfConfiguration } from '../results/identity.ts';
import type { ResultsStore } from '../results/store.ts';
import type { BoardCell } from '../results/types.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { publishedFirst, variantOf } from '../suites/variant-ids.ts';
import { comparedMetric, compareRows, type ComparisonExtent } from './comparisons.ts';
import type { Configurations } from './configurations.ts';
import type {
  ClaimRecord,
  CompareQuery,
  Comparison,
  Leaderboard,
  LeaderboardQuery,
  ListedClaim,
  Output,
} from './contract/contract.ts';
import { remembered } from '../base/remembered.ts';

export interface LeaderboardParts {
  readonly store: ResultsStore;
  readonly methods: MethodRegistry;
  readonly suites: SuiteRegistry;
  readonly configurations: Configurations;
  readonly superseded: Superseded;
  /** Published claims; read from `resources/claims` unless given. */
  readonly claims?: readonly ClaimsFile[];
}

export const CLAIMS_FOLDER = fileURLToPath(new URL('../../resources/claims/', import.meta.url));

/** What a person has to know of rows that come from reports. */
function importWarnings(rows: readonly RowInfo[]): string[] {
  const names = (isMeant: (imported: ImportedRow) => boolean): string[] => [
    ...new Set(rows.flatMap(({ imported }) => (imported !== null && isMeant(imported) ? [`"${imported.name}"`] : []))),
  ];
  const checked = names((imported) => !isShownOnly(imported));
  const unchecked = names((imported) => !imported.checked);
  const here = names((imported) => imported.checked && imported.hereAs !== null);
  return [
    ...(checked.length === 0
      ? []
      : [`Rows imported from ${checked.join(', ')}: measured elsewhere; ids and metrics were computed again here.`]),
    ...(unchecked.length === 0
      ? []
      : [
          `Rows imported from ${unchecked.join(', ')} and not checked: their files do not hold what their ` +
            'ids or metrics are computed from. They are shown, not ranked.',
        ]),
    ...(here.length === 0
      ? []
      : [`Rows imported from ${here.join(', ')} with results that are here already: they are shown, not ranked.`]),
  ];
}

const leftOutSentence = ({ trials, differences }: OlderResults): string =>
  `${trials === 1 ? 'One older result' : `${trials} older results`} not shown, measured with other ` +
  `versions than this program has now: ${joinedAtMost(differences, 4)}. "Older results" shows them, ` +
  'or `--older` on the command line.';

/**
 * Leaderboards, comparisons and claims as queries over stored results. A row is a configuration; `configurations.ts`
 * says which are one.
 */
export class Leaderboards {
  readonly #parts: LeaderboardParts;
  readonly #book: ClaimsBook;
  #references: readonly MeasuredConfiguration[] | null = null;

  constructor(parts: LeaderboardParts) {
    this.#parts = parts;
    this.#book = new ClaimsBook(
      parts.claims ?? (existsSync(CLAIMS_FOLDER) ? loadClaims(CLAIMS_FOLDER) : []),
      (suite) => parts.suites.find(suite)?.facts.scenario ?? suite,
    );
  }

  leaderboard(query: LeaderboardQuery): Leaderboard {
    const { cells, leftOut } = this.#present(query);
    const suites = query.suites ?? publishedFirst([...new Set(cells.map(({ cell }) => cell.suite))]);
    const words = metricWords(this.#parts.methods);
    const available = suites.map((suite) =>
      this.#metricsOf(suite, query.metrics, cells).map((metric) => ({ suite, metric, ...saidOf(words.get(metric)) })),
    );
    const columns = chosenColumns(available, query).map((column) => ({
      ...column,
      direction: words.get(column.metric)?.direction ?? ('none' as const),
      ...(variantOf(column.suite) === 'dev' ? { isTrial: true } : {}),
      folds: this.#parts.suites.find(column.suite)?.facts.folds ?? 1,
    }));
    const claims = claimsByCell(this.#book.judge(this.#measured(cells)));
    const rows = this.#parts.configurations.rows(cells, rowsHereAlready(this.#parts.store, cells));
    const refusal = this.#refusals();
    const ended = this.#ended(query, cells);
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
      endedOf: (suite, key) => ended.get(suite)?.get(key) ?? [],
      claimFor: (suite, key, metric) => claims.get(suite)?.get(key)?.get(metric) ?? null,
    });
    const warnings = [
      ...board.warnings,
      ...importWarnings(rows),
      ...(leftOut === null ? [] : [leftOutSentence(leftOut)]),
    ];
    return { ...board, available: available.flat(), warnings };
  }

  /** Rows of the leaderboard of the same query compared in pairs: its numbers, whatever else is on it. */
  comparison(query: CompareQuery, extent: ComparisonExtent = {}): Comparison {
    const { suite, metric, rows, ...question } = query;
    comparedMetric(metric, this.#parts.methods);
    const board = this.leaderboard({ ...question, suites: [suite], metrics: [metric], seedsOf: rows });
    return compareRows(this.#parts, board, query, extent);
  }

  /** Every claim with its verdicts by what was measured here and by the reference runs that come with the program. */
  claims(): ListedClaim[] {
    // What was imported is neither this machine's nor the program's own.
    const cells = this.#present({ suites: [...this.#book.suites], older: true }).cells.filter(
      ({ cell }) => originOfConfiguration(cell.configuration) === null,
    );
    return this.#book.list(this.#measured(cells), this.#shipped());
  }

  /** The studies that judge a claim, or all claims of a source, on this machine. */
  claimStudies(name: string): Output<'claims.studies'> {
    return this.#book.studies(name, this.#shipped());
  }

  /** Hundreds of runs with their metrics: read when first asked for, and kept. */
  #shipped(): readonly MeasuredConfiguration[] {
    return (this.#references ??= shippedRuns(this.#parts));
  }

  /** The claims on a study's suites, judged by the study alone. */
  claimsOf(study: string): ClaimRecord[] {
    const { cells } = this.#present({ study, suites: [...this.#book.suites] });
    const shown = new Set(cells.map(({ cell }) => cell.suite));
    return this.#book
      .judge(this.#measured(cells))
      .filter(({ suite }) => shown.has(suite))
      .map(withoutKey);
  }

  /** A study's cells; without a study those of the present versions, and how many others there are. */
  #present(query: Pick<LeaderboardQuery, 'study' | 'suites' | 'backend' | 'older'>): ArrangedCells {
    const { store, methods, superseded, configurations } = this.#parts;
    // Internal trials (the nets that methods ask for) are no methods and have no row.
    const isMethod = ({ cell }: BoardCell): boolean => methods.methods.get(cell.method)?.method.hidden !== true;
    return arranged(store.measurements(query).filter(isMethod), configurations.placer(), superseded.differences(), {
      ofStudy: query.study !== undefined,
      older: query.older === true,
    });
  }

  /**
   * The trials without a result by suite and row, where somebody wants to see single seeds and there are such trials.
   */
  #ended(
    { study, seedsOf }: LeaderboardQuery,
    cells: readonly PlacedBoardCell[],
  ): ReadonlyMap<string, ReadonlyMap<string, readonly EndedTrial[]>> {
    const bySuite = new Map<string, Map<string, readonly EndedTrial[]>>();
    const lacking = cells.filter(({ failed, diverged, notPossible }) => failed + diverged + notPossible > 0);
    if (lacking.length === 0 || seedsOf?.length === 0) return bySuite;
    const ended = this.#parts.store.endedTrials(study);
    for (const { cell, key } of lacking)
      remembered(bySuite, cell.suite, () => new Map<string, readonly EndedTrial[]>()).set(
        key,
        ended.get(cell.number) ?? [],
      );
    return bySuite;
  }

  /**
   * The suite's own columns and what its methods measured of themselves, or the asked ones; for a suite of another
   * version of the program whatever was measured.
   */
  #metricsOf(suite: string, wanted: readonly string[] | undefined, cells: readonly PlacedBoardCell[]): string[] {
    if (wanted !== undefined) return [...wanted];
    const measured = new Set(
      cells.filter(({ cell }) => cell.suite === suite).flatMap(({ cell }) => [...cell.metrics.keys()]),
    );
    const known = this.#parts.suites.find(suite);
    return known === undefined ? [...measured] : [...known.metrics, ...[...measured].filter(isMeasure).sort()];
  }

  /** Why a method does not fit a suite, or null; each pair is asked once. */
  #refusals(): (suite: string, method: string) => string | null {
    const known = new Map<string, string | null>();
    return (suite, method) => {
      return remembered(known, `${suite}\n${method}`, () => {
        const facts = this.#parts.suites.find(suite)?.facts;
        const verdict =
          facts === undefined ? true : (this.#parts.methods.methods.get(method)?.method.fits(facts) ?? true);
        return verdict === true ? null : verdict;
      });
    };
  }

  #measured(cells: readonly PlacedBoardCell[]): MeasuredConfiguration[] {
    return measuredCells(cells, (suite, method) => this.#book.metricsOf(suite, method));
  }
}

/** A column that no central list knows brings its words. */
function saidOf(words: MetricWords | undefined): { measure?: MetricWords } {
  return words !== undefined && isMeasure(words.id) ? { measure: words } : {};
}

/**
 * The columns that a query asks for of those that each suite has; a suite's first one, its headline, is always among
 * them.
 */
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

/**
 * The claim that each cell shows by suite, row and metric: the first value claim about that configuration and metric,
 * comparable ones first.
 */
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
