import type { Comparison } from '../metrics/compare.ts';
import type { ClaimRecord, Leaderboard } from '../metrics/records.ts';
import type { BoardView } from './suite-boards.ts';
import type { Cost, Environment, Primitives } from '../metrics/primitives.ts';

/**
 * Everything a report is made of: one plain value, so that a report can be made again from stored results and tested
 * without them.
 */

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export interface ReportStudy {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly finishedAt: number | null;
  readonly backend: string;
  readonly seeds: readonly number[];
  /** The request as the person asked, for importing the study again. */
  readonly request: JsonValue;
}

export interface ReportSuite {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly summary: string;
  readonly scenario: string;
  readonly protocol: JsonValue;
  readonly protocolHash: string;
  readonly datasets: readonly {
    readonly id: string;
    readonly sha256: string | null;
    readonly licence: string;
    readonly source: string;
  }[];
}

/** One trial with all that it measured; what the JSON report carries and what importing gives back. */
export interface ReportTrial {
  readonly id: string;
  readonly role: 'cell' | 'artefact';
  readonly state: string;
  /** Key of its leaderboard row. */
  readonly rowKey: string;
  readonly label: string;
  readonly suite: string;
  readonly suiteVersion: number;
  readonly protocolHash: string;
  readonly dataHash: string;
  /** Of each of the suite's datasets; null in results of before the list was kept. */
  readonly dataHashes: readonly string[] | null;
  readonly sourceHash: string | null;
  readonly method: string;
  readonly methodVersion: number;
  /** Of what ran the method. */
  readonly driver: number;
  readonly hyperParameters: Readonly<Record<string, number | string | boolean>>;
  readonly seed: number;
  readonly fold: number | null;
  readonly backend: string;
  readonly numerics: string;
  /**
   * Ids of the trials whose artefacts it opened, by name; they are in the report. Null in reports of before ids had a
   * part of them.
   */
  readonly artefacts: Readonly<Record<string, string>> | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly headline: number | null;
  /** The command line that gives this trial again. */
  readonly command: string;
  readonly metrics: Readonly<Record<string, number>>;
  /** Null when it has not finished. */
  readonly primitives: Primitives | null;
  readonly cost: Cost | null;
  readonly environment: Environment | null;
  readonly notes: readonly string[];
  readonly failure: { readonly kind: string; readonly message: string } | null;
}

/**
 * What a report need not say of a trial: it is null where it is not known. Such a trial is shown, and cannot be
 * imported.
 */
type Unsaid = 'suiteVersion' | 'protocolHash' | 'dataHash' | 'methodVersion' | 'createdAt';

/** A trial as a report file holds it. */
export type ReportedTrial = Omit<ReportTrial, Unsaid> & { readonly [K in Unsaid]: ReportTrial[K] | null };

export interface ReportInput {
  readonly title: string;
  readonly createdAt: number;
  /** Of the program. */
  readonly version: string;
  readonly study: ReportStudy;
  readonly suites: readonly ReportSuite[];
  readonly leaderboard: Leaderboard<unknown>;
  readonly comparisons: readonly Comparison[];
  readonly claims: readonly ClaimRecord[];
  readonly trials: readonly ReportTrial[];
  /** What of the leaderboard is shown, and how. */
  readonly view: BoardView;
  /** Commands that give the whole study again. */
  readonly commands: readonly { readonly what: string; readonly command: string }[];
}

/** Date and time in UTC to the minute: `2026-11-21 04:25 UTC`. */
export function when(milliseconds: number | null): string {
  return milliseconds === null ? '–' : `${new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
