import { z } from 'zod';
import { CURVE_X, PLAIN_VIEW } from '../../metrics/pictures/curves.ts';
import { perRowCost } from '../../metrics/cost-definitions.ts';
import { CELL_STATES, ENDS_WITHOUT_RESULT } from '../../metrics/records.ts';
import { claimRecord, metricInfo } from './catalogue.ts';
import { curveAxes, hyperParameters, look, scalar } from './words.ts';

/** Leaderboards and comparisons, as shells ask for them and see them. */

/** Mean over seeds with a 95 % t-interval; null interval below two seeds. */
export const estimate = z.object({
  mean: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  deviation: z.number().nullable(),
  /** Values: seeds, or pairs of seed and fold. */
  n: z.number(),
  /** How many folds the suite has; 1 = none. The interval across folds has the corrected variance. */
  folds: z.number(),
  /** Distinct seeds among the values. */
  seeds: z.number(),
  values: z.array(z.object({ seed: z.number(), fold: z.number().nullable(), value: z.number(), trial: z.string() })),
});

/**
 * What a difference says by its adjusted p: `unknown` below five shared seeds, `open` where it can be chance, or which
 * way.
 */
export const judgement = z.enum(['better', 'worse', 'open', 'unknown']);

/** The median of a configuration's trials, and the least and the most that one of them took. */
export const costEstimate = z.object({ middle: z.number(), low: z.number(), high: z.number() }).nullable();
export const suiteCost = z.object(perRowCost(() => costEstimate));

export const leaderboardCell = z.object({
  suite: z.string(),
  metric: z.string(),
  state: z.enum(CELL_STATES),
  estimate: estimate.nullable(),
  rank: z.number().nullable(),
  /** The best mean of those that have five seeds; of all where none has. */
  best: z.boolean(),
  /**
   * Not significantly worse than the best (paired t-test, Holm); null when there are too few seeds to say, and `why`
   * says so.
   */
  tiedWithBest: z.boolean().nullable(),
  /**
   * Of the paired t-test against the best, adjusted (Holm) over all ranked configurations of the column; null below
   * five shared seeds.
   */
  p: z.number().nullable(),
  why: z.string().nullable(),
  /** Paired difference to the baseline row, when one is chosen. */
  delta: z
    .object({
      mean: z.number(),
      low: z.number().nullable(),
      high: z.number().nullable(),
      /**
       * Adjusted (Holm) over all ranked configurations of the column against the baseline; null below five shared
       * seeds.
       */
      p: z.number().nullable(),
      n: z.number(),
      judgement,
    })
    .nullable(),
  claim: claimRecord.nullable(),
  expected: z.number(),
  finished: z.number(),
  failed: z.number(),
  /** Trials whose loss, parameters or answers are not finite, and those that needed what such a one was to make. */
  diverged: z.number(),
  notPossible: z.number(),
  /** Trials without a result one by one, of rows whose single seeds were asked for. */
  ended: z.array(
    z.object({ seed: z.number(), fold: z.number().nullable(), trial: z.string(), state: z.enum(ENDS_WITHOUT_RESULT) }),
  ),
  /** Trials of earlier versions, kept and not part of it. */
  older: z.number(),
});

export const leaderboardRow = z.object({
  /** Identity of a configuration: method id plus the hash of its hyper-parameters. */
  key: z.string(),
  method: z.string(),
  /** Of the method. */
  title: z.string(),
  /** Of the configuration: the method first, then what tells it from the other rows. */
  name: z.string(),
  look,
  reference: z.enum(['lower', 'upper']).nullable(),
  hyperParameters,
  family: z.string(),
  /** What the method uses beyond the training data of its budget. */
  asks: z.array(z.string()),
  /**
   * Where it was not computed here; a row that is not `checked`, or whose results are here already as another row, is
   * shown, never ranked.
   */
  imported: z.object({ name: z.string(), checked: z.boolean(), hereAs: z.string().nullable() }).nullable(),
  /** Measured with an earlier version: in what that differs from what would be computed now; null = current. */
  superseded: z.string().nullable(),
  cells: z.array(leaderboardCell),
  /** Medians over trials; over several suites their mean, and the largest of sizes. */
  cost: z.object(perRowCost(() => z.number().nullable())),
  /** The least and the most time that a trial took. */
  timeSpread: z.object({ low: z.number(), high: z.number() }).nullable(),
  /** On each suite with finished trials; empty unless the query asks for it. */
  costs: z.array(z.object({ suite: z.string(), cost: suiteCost })),
  meanRank: z.number().nullable(),
});

export const leaderboardColumn = z.object({
  suite: z.string(),
  metric: z.string(),
  /** What a method measures of itself has its words with it. */
  measure: metricInfo.exactOptional(),
});
export const leaderboardQuery = z.object({
  study: z.string().optional(),
  suites: z.array(z.string()).optional(),
  metrics: z.array(z.string()).optional(),
  baseline: z.string().optional(),
  backend: z.string().optional(),
  /**
   * Needs that methods must not have: rows with one of them have no rank, and ranks, marks and p are those of the
   * others. Everything else that narrows a view (hidden rows, columns) changes none of them.
   */
  without: z.array(z.string()).optional(),
  /** Only these columns, and of each suite its headline, over which ranks are taken; absent = all. */
  columns: z.array(leaderboardColumn).optional(),
  /** In place of `columns`: about so many, shared evenly among the suites, headlines first. */
  room: z.number().int().min(1).optional(),
  /** Rows have their costs on each suite, with the least and the most. */
  costsBySuite: z.boolean().optional(),
  /**
   * The rows, by key, whose estimates have their single seeds; absent = all. A thousand rows of ten seeds are most of
   * what is sent.
   */
  seedsOf: z.array(z.string()).optional(),
  /**
   * Results of earlier versions have rows of their own; they are left out unless asked for, and of a study's board
   * never.
   */
  older: z.boolean().optional(),
});
export const leaderboard = z.object({
  query: leaderboardQuery,
  columns: z.array(leaderboardColumn),
  /** Every column that could be asked for. */
  available: z.array(leaderboardColumn),
  rows: z.array(leaderboardRow),
  warnings: z.array(z.string()),
  /** Those of the warnings that say which methods did better than an upper reference. */
  beaten: z.array(z.string()),
});

/** Rows that are compared at once, at most: more are no picture. */
export const MOST_COMPARED = 6;
export const compareQuery = z.object({
  study: z.string().optional(),
  suite: z.string(),
  metric: z.string(),
  rows: z.array(z.string()).min(2).max(MOST_COMPARED),
  backend: z.string().optional(),
  /** As of the leaderboard that the rows were chosen on. */
  without: z.array(z.string()).optional(),
  older: z.boolean().optional(),
});
export const comparison = z.object({
  suite: z.string(),
  metric: z.string(),
  methods: z.array(
    z.object({
      key: z.string(),
      title: z.string(),
      /** As on the board that it is taken from. */
      name: z.string(),
      look,
      estimate: estimate.nullable(),
      hyperParameters,
      /** The leaderboard's, as the next three. */
      rank: z.number().nullable(),
      best: z.boolean(),
      tiedWithBest: z.boolean().nullable(),
      /** Against the best, adjusted (Holm) over all configurations that were run. */
      p: z.number().nullable(),
    }),
  ),
  /** What was run: ranked configurations, how many were tested against the best, and which that is. */
  family: z.object({
    configurations: z.number(),
    tested: z.number(),
    best: z.object({ key: z.string(), name: z.string() }).nullable(),
  }),
  pairs: z.array(
    z.object({
      a: z.string(),
      b: z.string(),
      n: z.number(),
      mean: z.number(),
      low: z.number().nullable(),
      high: z.number().nullable(),
      /** Not adjusted. */
      p: z.number().nullable(),
      /** Adjusted (Holm) over the pairs compared. */
      pairwiseP: z.number().nullable(),
      /** The leaderboard's, where one of the two is the best; then it decides. */
      familyP: z.number().nullable(),
      judgement,
      effectSize: z.number().nullable(),
      sentence: z.string(),
    }),
  ),
  /** Pairs that `pairwiseP` is adjusted over, and pairs that are not among `pairs`. */
  pairwise: z.object({ tested: z.number(), leftOut: z.number() }),
  /** Only the settings that differ. */
  differences: z.array(z.object({ name: z.string(), values: z.record(z.string(), scalar.nullable()) })),
  /** Mean curve with a band over seeds. */
  curves: z.array(
    z.object({
      key: z.string(),
      name: z.string(),
      x: z.string(),
      points: z.array(z.object({ x: z.number(), mean: z.number(), low: z.number(), high: z.number() })),
      /** Where seeds differ (seconds), their mean. */
      axes: curveAxes,
    }),
  ),
  perTask: z.array(z.object({ key: z.string(), values: z.array(z.number()) })),
  perClass: z.array(z.object({ key: z.string(), values: z.array(z.number()) })),
  classNames: z.array(z.string()),
  warnings: z.array(z.string()),
});

/**
 * What a person chose to see of a leaderboard; rows by key, columns by id (`suite~metric`, `cost.seconds`; null: all).
 */
export const boardView = z.object({
  columns: z.array(z.string()).readonly().nullable(),
  sort: z.object({ column: z.string(), descending: z.boolean() }).nullable(),
  baseline: z.string().nullable(),
  pinned: z.array(z.string()).readonly(),
  hidden: z.array(z.string()).readonly(),
  families: z.array(z.string()).readonly(),
  without: z.array(z.string()).readonly(),
  /** Words and settings that rows must have: `ewc lambda>100`. */
  filter: z.string().default(''),
  /** The best configuration of each method only; null: where there are many. */
  perMethod: z.boolean().nullable().default(false),
  /** Methods of a family together, the family of the best first. */
  byFamily: z.boolean().default(false),
  /** Methods of which all configurations are shown all the same. */
  unfolded: z.array(z.string()).readonly().default([]),
  /** Over what a report draws curves, and with which logarithmic axes. */
  curves: z.object({ x: z.enum(CURVE_X), logX: z.boolean(), logY: z.boolean() }).default(PLAIN_VIEW),
});
export type Estimate = z.infer<typeof estimate>;
export type Judgement = z.infer<typeof judgement>;
export type Leaderboard = z.infer<typeof leaderboard>;
export type LeaderboardQuery = z.infer<typeof leaderboardQuery>;
export type LeaderboardRow = z.infer<typeof leaderboardRow>;
export type LeaderboardCell = z.infer<typeof leaderboardCell>;
export type CompareQuery = z.infer<typeof compareQuery>;
export type Comparison = z.infer<typeof comparison>;
