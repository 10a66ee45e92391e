import type { Scalar } from '../base/hyper-parameters.ts';
import type { ClaimProtocol } from './claims/file.ts';
import type { ClaimKind, Verdict } from './claims/verdicts.ts';
import { ROW_COSTS, type RowCostName } from './cost-definitions.ts';
import type { Look } from './looks.ts';
import type { Direction, MetricWords } from './definitions/metric.ts';

/**
 * What leaderboard maths reads and answers: finished trials by cell, rows, columns, estimates. No database, no methods,
 * no suites. The types mirror the workbench's contract, which lies above this layer, so that what is built here can be
 * sent as it is.
 */

export type { Scalar };

/** What one finished trial measured. */
export interface CellRecord {
  readonly suite: string;
  /** Identity of the row: method id, with the hash of its own hyper-parameters where it has some. */
  readonly methodKey: string;
  readonly seed: number;
  readonly trial: string;
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Columns that every cell begins with: `order` rises with the time of storing; `fold` is NaN where a suite has none,
 * and costs where a trial has none. The metrics follow.
 */
export const CELL_COLUMNS = ['order', 'seed', 'fold', ...ROW_COSTS] as const;

/**
 * Finished trials of one configuration on one suite, under one protocol and backend, ascending by seed. Numbers lie in
 * columns: column c of trial i is `values[c × count + i]`. 100,000 trials as objects would cost more than everything
 * that is computed from them.
 */
export interface CellColumns {
  readonly suite: string;
  /** Cells of one suite with different protocol hashes or backends are flagged, never silently mixed. */
  readonly protocolHash?: string;
  readonly backend?: string;
  /** How many trials. */
  readonly count: number;
  /** Their ids; made when first asked for where the cell is stored. */
  readonly trials: readonly string[];
  /** The column of each metric; its values are NaN where a trial did not measure it. */
  readonly metrics: ReadonlyMap<string, number>;
  readonly values: ArrayLike<number>;
}

/**
 * A cell in its row, with how many trials were asked for (finished ones included) and what has become of those that are
 * not done.
 */
export interface PlacedCell {
  /** The row's, as above. */
  readonly key: string;
  readonly cell: CellColumns;
  readonly total: number;
  readonly failed: number;
  /**
   * Those that had a loss, parameters or answers that are not finite, and those that needed what such a trial was to
   * make.
   */
  readonly diverged: number;
  readonly notPossible: number;
  readonly unfinished: number;
  /** What of the same configuration was measured with earlier versions, and is not part of this. */
  readonly older?: OlderResults | null;
}

/** Results that are kept and not counted. */
export interface OlderResults {
  readonly trials: number;
  /** In what they differ from what would be computed now. */
  readonly differences: readonly string[];
}

/** The states in which a trial ends without a result, as far as boards tell of them. */
export const ENDS_WITHOUT_RESULT = ['diverged', 'not-possible', 'failed', 'cancelled'] as const;

/** A trial of a cell that has no result: a seed that is missing from its mean. */
export interface EndedTrial {
  seed: number;
  fold: number | null;
  trial: string;
  state: (typeof ENDS_WITHOUT_RESULT)[number];
}

export interface RowInfo {
  readonly key: string;
  readonly method: string;
  /** Of the method. */
  readonly title: string;
  /** Of the configuration, among the rows of this leaderboard (configuration-names.ts). */
  readonly name: string;
  readonly look: Look;
  readonly reference: 'lower' | 'upper' | null;
  readonly hyperParameters: Record<string, Scalar>;
  readonly family: string;
  /** What the method uses beyond the training data of its budget. */
  readonly asks: readonly string[];
  readonly imported: ImportedRow | null;
  /**
   * Where it was measured with an earlier version: in what that differs from what would be computed now; null =
   * current.
   */
  readonly superseded: string | null;
  /** The current version of the same configuration stands beside it: this one has no rank. */
  readonly isReplaced: boolean;
}

/** Where a row comes from that was not computed here. */
export interface ImportedRow {
  /** Of the study. */
  readonly name: string;
  /** Ids and metrics followed from what the file holds; else the row is shown and not ranked. */
  readonly checked: boolean;
  /** Name of the row that has results of it already; null where none has. Else it is shown and not ranked. */
  readonly hereAs: string | null;
}

/** Has an imported row no part in ranks, marks and scales? */
export function isShownOnly(imported: ImportedRow | null): boolean {
  return imported !== null && (!imported.checked || imported.hereAs !== null);
}

export interface ColumnInfo {
  readonly suite: string;
  readonly metric: string;
  readonly direction: Direction;
  /** Of what a method measures of itself, its words. */
  readonly measure?: MetricWords;
  /** How many folds the suite has, as far as it is known here; 1 = none. */
  readonly folds?: number;
  /** Of a development variant, on which settings were tried. */
  readonly isTrial?: boolean;
}

export interface Estimate {
  mean: number;
  low: number | null;
  high: number | null;
  deviation: number | null;
  n: number;
  /** How many folds the suite has (1 = none), and how many seeds there are among the values. */
  folds: number;
  seeds: number;
  /** One by one, where they were asked for. */
  values: { seed: number; fold: number | null; value: number; trial: string }[];
}

/**
 * What a difference says by its adjusted p: nothing below five shared seeds (`unknown`), nothing that is sure (`open`),
 * or which way.
 */
export type Judgement = 'better' | 'worse' | 'open' | 'unknown';

/** The paired difference of a cell to the baseline's. */
export interface Delta {
  mean: number;
  low: number | null;
  high: number | null;
  /**
   * Adjusted (Holm) over every ranked configuration of the column against the baseline. Null below five shared seeds.
   */
  p: number | null;
  n: number;
  judgement: Judgement;
}

/**
 * What was measured for a claim, and what it says: the mean over seeds with its 95 % interval, of an ordering that of
 * the paired differences.
 */
export interface ClaimStanding {
  measured: { mean: number; low: number; high: number; n: number } | null;
  verdict: Verdict;
  /** What explains the verdict, and what a reader has to know of the claim. */
  note: string;
}

/**
 * One line of `touchstone claims`, of the leaderboard's column and of the report. An ordering's `method` reads `ewc >
 * naive` (better first, whichever way the metric points), `measured` is the paired difference better − worse over
 * shared seeds, and `published.value` is the published difference, or 0, the bound to be cleared, where the source
 * claims the order only. An identity's reads `a = b`. Of a bound, `published.value` is that bound.
 */
export interface ClaimRecord extends ClaimStanding {
  /** `split-mnist-hsu/adam-task-il`: the source's file and the claim's own id. */
  id: string;
  kind: ClaimKind;
  /** `ours`: the source states it on another protocol. */
  protocol: ClaimProtocol;
  suite: string;
  scenario: string;
  method: string;
  /** Their ids; of an ordering the better one first. */
  methods: string[];
  metric: string;
  published: { value: number; spread: number | null; n: number | null; source: string };
}

export const CELL_STATES = [
  'done',
  'partial',
  'running',
  'diverged',
  'not-possible',
  'failed',
  'superseded',
  'missing',
  'not-applicable',
] as const;
export type CellState = (typeof CELL_STATES)[number];

export interface LeaderboardCell {
  suite: string;
  metric: string;
  state: CellState;
  estimate: Estimate | null;
  rank: number | null;
  /** The best mean of those that can be tested; of all where none can. */
  best: boolean;
  tiedWithBest: boolean | null;
  /**
   * Of the paired t-test against the best, adjusted (Holm) over all ranked configurations of the column. Null below
   * five shared seeds.
   */
  p: number | null;
  why: string | null;
  delta: Delta | null;
  claim: ClaimRecord | null;
  expected: number;
  finished: number;
  failed: number;
  diverged: number;
  notPossible: number;
  /** Its trials without a result one by one, where single seeds were asked for. */
  ended: EndedTrial[];
  /** Results of earlier versions that are not part of it. */
  older: number;
}

/** The median of a configuration's trials on a suite, and the least and the most that one of them took. */
export interface CostEstimate {
  middle: number;
  low: number;
  high: number;
}

export type RowCost = Record<RowCostName, number | null>;
export type SuiteCost = Record<RowCostName, CostEstimate | null>;

export interface LeaderboardRow {
  key: string;
  method: string;
  title: string;
  name: string;
  look: Look;
  reference: 'lower' | 'upper' | null;
  hyperParameters: Record<string, Scalar>;
  family: string;
  asks: string[];
  imported: ImportedRow | null;
  superseded: string | null;
  cells: LeaderboardCell[];
  /** Medians over trials; over several suites their mean, and the largest of sizes. */
  cost: RowCost;
  /** The least and the most time that a trial took. */
  timeSpread: { low: number; high: number } | null;
  /** On each suite with finished trials, where that was asked for. */
  costs: { suite: string; cost: SuiteCost }[];
  meanRank: number | null;
}

export interface Leaderboard<Query> {
  query: Query;
  columns: { suite: string; metric: string; measure?: MetricWords }[];
  rows: LeaderboardRow[];
  warnings: string[];
  /** Those of the warnings that say which methods did better than an upper reference. */
  beaten: string[];
}
