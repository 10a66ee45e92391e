import { joinedAtMost } from '../base/shortened.ts';
import { columnWarnings, protocolWarnings } from './board-warnings.ts';
import { lostSentence } from './board/lost.ts';
import { BoardCosts } from './costs.ts';
import { isUpperScale, markDifferences, rankColumn, type MeasuredColumn } from './marks.ts';
import { meanRanks } from './mean-ranks.ts';
import type {
  ClaimRecord,
  ColumnInfo,
  EndedTrial,
  Estimate,
  Leaderboard,
  LeaderboardCell,
  LeaderboardRow,
  OlderResults,
  PlacedCell,
  RowInfo,
} from './records.ts';
import { estimateOf, foldsIn, groupCells, sampleOf, singleSeeds } from './samples.ts';
import { tFactors } from './statistics/estimates.ts';
import { beatenReferences } from './upper-reference.ts';

/** Leaderboard maths on finished trials by cell. */

export interface LeaderboardInput<Query> {
  /** Handed back unchanged. */
  readonly query: Query;
  /** The first column of each suite is its headline: mean ranks are taken over these. */
  readonly columns: readonly ColumnInfo[];
  readonly rows: readonly RowInfo[];
  readonly cells: readonly PlacedCell[];
  /** The sentence with which a row's method refuses a suite, if it does. */
  readonly refusalOf?: (suite: string, row: RowInfo) => string | null;
  /**
   * What methods must not ask for. Another question than that of all methods: rows that ask for one have no rank,
   * and ranks and marks are those of the others.
   */
  readonly without?: readonly string[];
  /** Rows have their costs on each suite, and not only together. */
  readonly costsBySuite?: boolean;
  /** Key of the row that differences are taken to. */
  readonly baseline?: string;
  /** Keys of the rows whose estimates have their single seeds; all rows when absent. */
  readonly seedsOf?: readonly string[];
  /** The trials of a cell that ended without a result. */
  readonly endedOf?: (suite: string, key: string) => readonly EndedTrial[];
  /** The claim to show in a cell, if any. */
  readonly claimFor?: (suite: string, key: string, metric: string) => ClaimRecord | null;
}

/** Estimates, ranks, marks of significance, differences to a baseline, costs and warnings for every row × column. */
export function buildLeaderboard<Query>(input: LeaderboardInput<Query>): Leaderboard<Query> {
  const factor = tFactors();
  const measured = groupCells(input.cells);
  const suites = [...new Set(input.columns.map(({ suite }) => suite))];
  const warnings: string[] = [];

  const without = input.without ?? [];
  const unranked = input.rows.map((row) => whyUnranked(row, without));
  const baseline = input.baseline === undefined ? -1 : input.rows.findIndex(({ key }) => key === input.baseline);
  const columns = input.columns.map((): MeasuredColumn => ({ cells: [], samples: [] }));
  const detailed = input.seedsOf === undefined ? null : new Set(input.seedsOf);
  const costs = new BoardCosts(input.rows.length, suites);
  // Suite by suite, as the cells lie in memory, and not row by row: with thousands of rows that waits for the memory
  // most of the time.
  suites.forEach((wanted, s) => {
    const ofSuite = measured.get(wanted);
    const shown = input.columns.flatMap((column, index) =>
      column.suite === wanted ? [{ column, measured: columns[index] }] : [],
    );
    input.rows.forEach((row, r) => {
      const placed = ofSuite?.get(row.key);
      if (placed !== undefined && placed.cell.count > 0) costs.add(r, s, placed.cell);
      const refusal = placed === undefined || placed.cell.count === 0 ? (input.refusalOf?.(wanted, row) ?? null) : null;
      const withSeeds = detailed === null || detailed.has(row.key);
      for (const {
        column: { metric, folds = 1 },
        measured: { cells, samples },
      } of shown) {
        const sample =
          placed === undefined ? null : sampleOf(placed.cell, metric, Math.max(folds, foldsIn(placed.cell)));
        const estimate =
          placed === undefined || sample === null
            ? null
            : estimateOf(sample, withSeeds ? singleSeeds(placed.cell, metric) : [], factor);
        samples.push(sample);
        const cell = measure(
          wanted,
          metric,
          placed,
          estimate,
          refusal,
          input.claimFor?.(wanted, row.key, metric) ?? null,
        );
        if (withSeeds && cell.failed + cell.diverged + cell.notPossible > 0)
          cell.ended = [...(input.endedOf?.(wanted, row.key) ?? [])];
        cells.push(cell);
      }
    });
    for (const { column, measured: found } of shown) {
      rankColumn(column, found, unranked, factor);
      markDifferences(column, found, baseline, unranked, factor);
    }
  });
  const rows = input.rows.map(
    (
      { key, method, title, name, look, reference, hyperParameters, family, asks, imported, superseded },
      r,
    ): LeaderboardRow => ({
      key,
      method,
      title,
      name,
      look,
      reference,
      hyperParameters,
      family,
      asks: [...asks],
      imported,
      superseded,
      cells: columns.map(({ cells }) => cells[r]),
      cost: costs.together(r),
      timeSpread: costs.timeSpread(r),
      costs: input.costsBySuite === true ? costs.bySuite(r) : [],
      meanRank: null,
    }),
  );
  if (input.baseline !== undefined && baseline < 0)
    warnings.push(`The baseline "${input.baseline}" is not on this leaderboard: values are shown.`);
  const beaten = beatenReferences(input.columns, columns, rows, costs, factor);
  warnings.push(
    ...beaten,
    ...columnWarnings(input.columns, columns),
    ...protocolWarnings(
      input.cells.map(({ cell }) => cell),
      input.columns,
    ),
  );
  meanRanks(rows, input.columns, warnings);
  return {
    query: input.query,
    columns: input.columns.map(({ suite, metric, measure: words }) => ({
      suite,
      metric,
      ...(words === undefined ? {} : { measure: words }),
    })),
    rows,
    warnings,
    beaten,
  };
}

/** The sentence why a row has no rank, or null. */
function whyUnranked(row: RowInfo, without: readonly string[]): string | null {
  if (row.imported?.checked === false)
    return 'Imported, and what the file holds does not let its metrics be computed again: shown, not ranked.';
  if (row.imported !== null && row.imported.hereAs !== null)
    return `These results are here already, as ${row.imported.hereAs}: shown, not ranked.`;
  if (row.isReplaced)
    return `Measured with an earlier version (${row.superseded ?? ''}): shown, not ranked beside the present one.`;
  if (isUpperScale(row)) return 'An upper reference that sees all tasks at once: shown for scale, not ranked.';
  return without.some((grant) => row.asks.includes(grant))
    ? 'It asks for what was filtered out, so it has no part in these ranks.'
    : null;
}

function olderSentence({ trials, differences }: OlderResults): string {
  return (
    `Only results of an earlier version (${joinedAtMost(differences, 3)}): ` +
    `${trials === 1 ? 'one trial' : `${trials} trials`}, kept and not shown here. Run it again for ` +
    'results of the present one.'
  );
}

function measure(
  suite: string,
  metric: string,
  placed: PlacedCell | undefined,
  estimate: Estimate | null,
  refusal: string | null,
  claim: ClaimRecord | null,
): LeaderboardCell {
  const finished = placed?.cell.count ?? 0;
  const expected = Math.max(placed?.total ?? 0, finished);
  const { failed, diverged, notPossible } = placed ?? { failed: 0, diverged: 0, notPossible: 0 };
  const cell: LeaderboardCell = {
    suite,
    metric,
    state: 'missing',
    rank: null,
    best: false,
    tiedWithBest: null,
    p: null,
    why: null,
    delta: null,
    claim,
    expected,
    finished,
    failed,
    diverged,
    notPossible,
    ended: [],
    older: placed?.older?.trials ?? 0,
    estimate,
  };
  if ((placed?.unfinished ?? 0) > 0) cell.state = 'running';
  else if (finished > 0 && estimate === null) {
    cell.state = 'not-applicable';
    cell.why = `The runs of this method do not hold what ${metric} needs.`;
  } else if (finished > 0) cell.state = finished < expected || (estimate?.n ?? 0) < finished ? 'partial' : 'done';
  else if (failed > 0) cell.state = 'failed';
  else if (diverged > 0) cell.state = 'diverged';
  else if (notPossible > 0) cell.state = 'not-possible';
  else if (placed?.older) {
    cell.state = 'superseded';
    cell.why = olderSentence(placed.older);
  } else if (refusal !== null) {
    cell.state = 'not-applicable';
    cell.why = refusal;
  }
  cell.why ??= lostSentence(cell);
  return cell;
}
