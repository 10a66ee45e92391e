import { stream } from '../engine/random/streams.ts';
import type { Metric } from './definitions/metric.ts';
import { METRICS } from './registry.ts';
import { improvability, normalisedScore, winMatrix, winRates } from './statistics/aggregates.ts';
import { bradleyTerryElo, eloIntervals, winCounts } from './statistics/elo.ts';
import { mean } from './statistics/estimates.ts';
import { holm } from './statistics/paired.ts';
import {
  criticalDifference,
  criticalDifferenceGroups,
  friedman,
  imanDavenport,
  meanRanks,
  rankPairs,
} from './statistics/ranks.ts';

/** With fewer suites a diagram of critical differences would say nothing. */
export const LEAST_SUITES_FOR_GROUPS = 5;
const ELO_ROUNDS = 200;

/** What one configuration did over all suites that are compared. */
export interface AcrossRow {
  readonly key: string;
  readonly name: string;
  readonly meanRank: number;
  /** Share of the others that it beats, ties half. */
  readonly winRate: number;
  /** How much of its error the best would take away, in mean. */
  readonly improvability: number;
  /** AMLB's score: 0 = the lower reference, 1 = the random forest; null where one of them is missing. */
  readonly normalised: number | null;
  readonly elo: { readonly rating: number; readonly low: number; readonly high: number };
  /** Its mean on each suite as a loss: of what is better when higher, with the other sign. */
  readonly losses: readonly number[];
  /** AMLB's score of each suite. */
  readonly scores: readonly number[] | null;
}

/** Configurations side by side over suites on which all of them were measured. */
export interface AcrossSuites {
  readonly suites: readonly { readonly suite: string; readonly metric: string }[];
  /** Suites that some configuration lacks: they count for none. */
  readonly leftOut: readonly string[];
  /** Ascending by mean rank. */
  readonly rows: readonly AcrossRow[];
  /** [a][b]: share of suites on which row a beats row b. */
  readonly wins: readonly (readonly number[])[];
  readonly friedman: { readonly chiSquare: number; readonly p: number; readonly f: number; readonly fP: number } | null;
  /** Nemenyi's at .05, and the rows that are not further apart, as places in `rows`; null below five suites. */
  readonly critical: { readonly difference: number; readonly groups: readonly (readonly number[])[] } | null;
  /** Pairs of places in `rows` with p adjusted by Holm. */
  readonly pairs: readonly { readonly a: number; readonly b: number; readonly p: number }[];
}

/** A configuration of a board: what it measured stands in the order of the board's columns. */
export interface MeasuredRow {
  readonly key: string;
  readonly name: string;
  readonly method: string;
  readonly reference: 'lower' | 'upper' | null;
  readonly cells: readonly { readonly estimate: { readonly mean: number } | null }[];
}

export interface MeasuredBoard {
  readonly rows: readonly MeasuredRow[];
  readonly columns: readonly { readonly suite: string; readonly metric: string }[];
}

/** A report of another program may name a metric that is not known here: nothing says which of its values is better. */
const directionOf = (id: string): Metric['direction'] => METRICS.find((known) => known.id === id)?.direction ?? 'none';

/**
 * Compares the configurations of a board across suites by the headline metric of each: the first that has a direction,
 * or the one that is asked for. A configuration that no suite measured is left out; a suite on which another was not
 * measured counts for none.
 *
 * @returns Null where fewer than two configurations or suites are left.
 */
export function acrossSuites({ rows, columns }: MeasuredBoard, metric: string | null = null): AcrossSuites | null {
  const headlines = new Map<string, number>();
  columns.forEach((column, index) => {
    const isAsked = metric === null ? directionOf(column.metric) !== 'none' : column.metric === metric;
    if (isAsked && !headlines.has(column.suite)) headlines.set(column.suite, index);
  });
  const meanOf = (row: MeasuredRow, at: number): number => row.cells[at]?.estimate?.mean ?? Number.NaN;
  const places = [...headlines.values()];
  const measured = rows.filter((row) => places.some((at) => Number.isFinite(meanOf(row, at))));
  const shared = places.filter((at) => measured.every((row) => Number.isFinite(meanOf(row, at))));
  if (measured.length < 2 || shared.length < 2) return null;
  const higher = shared.map((at) => directionOf(columns[at].metric) === 'higher');
  const errors = shared.map((at, suite) => measured.map((row) => (higher[suite] ? -1 : 1) * meanOf(row, at)));
  const ranks = meanRanks(errors);
  const order = measured.map((_, index) => index).sort((a, b) => ranks[a] - ranks[b]);
  const sorted = errors.map((row) => order.map((index) => row[index]));
  return {
    suites: shared.map((at) => ({ suite: columns[at].suite, metric: columns[at].metric })),
    leftOut: places.filter((at) => !shared.includes(at)).map((at) => columns[at].suite),
    rows: acrossRows(
      order.map((index) => measured[index]),
      sorted,
      higher,
    ),
    ...tests(sorted),
  };
}

function acrossRows(
  rows: readonly MeasuredRow[],
  errors: readonly (readonly number[])[],
  higher: readonly boolean[],
): AcrossRow[] {
  const ranks = meanRanks(errors);
  const rates = winRates(errors);
  // An accuracy's error is what is missing to 1; other numbers that are better when higher have no such end.
  const gaps = improvability(errors.map((row, at) => row.map((error) => (higher[at] ? 1 + error : error))));
  const { ratings } = bradleyTerryElo(winCounts(errors));
  const centre = mean(ratings);
  const random = stream(0, 'metrics/across-suites/elo');
  const intervals = eloIntervals(errors, () => random.uniform(), ELO_ROUNDS);
  const floor = rows.findIndex(({ reference }) => reference === 'lower');
  const forest = rows.findIndex(({ method }) => method === 'random-forest');
  return rows.map(({ key, name }, place) => {
    const scores =
      floor < 0 || forest < 0 ? null : errors.map((row) => normalisedScore(-row[place], -row[floor], -row[forest]));
    return {
      key,
      name,
      meanRank: ranks[place],
      winRate: rates[place],
      improvability: gaps[place],
      normalised: scores === null ? null : mean(scores),
      elo: {
        rating: 1000 + ratings[place] - centre,
        low: 1000 + intervals[place].low,
        high: 1000 + intervals[place].high,
      },
      losses: errors.map((row) => row[place]),
      scores,
    };
  });
}

function tests(errors: readonly (readonly number[])[]): Pick<AcrossSuites, 'wins' | 'friedman' | 'critical' | 'pairs'> {
  const suites = errors.length;
  const ranks = meanRanks(errors);
  const difference = criticalDifference(ranks.length, suites);
  const pairs = rankPairs(ranks, suites);
  const adjusted = holm(pairs.map(({ p }) => p));
  return {
    wins: winMatrix(errors),
    friedman: ranks.length < 3 ? null : friedmanOf(errors, ranks),
    critical:
      suites < LEAST_SUITES_FOR_GROUPS ? null : { difference, groups: criticalDifferenceGroups(ranks, difference) },
    pairs: pairs.map(({ a, b }, at) => ({ a, b, p: adjusted[at] })),
  };
}

function friedmanOf(errors: readonly (readonly number[])[], ranks: readonly number[]): AcrossSuites['friedman'] {
  const { chiSquare, p } = friedman(errors);
  const corrected = imanDavenport(ranks, errors.length);
  return { chiSquare, p, f: corrected.f, fP: corrected.p };
}
