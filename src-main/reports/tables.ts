import {
  columnDecimals,
  formatEstimate,
  formatNumber,
  formatSigned,
  formatValue,
  markOf,
  MISSING,
  shownScale,
  unitSymbol,
} from '../metrics/format.ts';
import type { Comparison } from '../metrics/compare.ts';
import type { LeaderboardCell, LeaderboardRow, SuiteCost } from '../metrics/records.ts';
import { METRICS, type Direction, type MetricUnit } from '../metrics/registry.ts';
import { isOrdering } from '../metrics/claim-names.ts';
import type { ReportInput } from './input.ts';

/** A leaderboard of one suite as text cells: the common ground of HTML, Markdown and LaTeX. */

export interface MetricFacts {
  readonly id: string;
  readonly title: string;
  readonly unit: MetricUnit;
  readonly direction: Direction;
  readonly formula: string;
  readonly source: string;
}

/** What is known of a metric; one of a newer program shows its id and plain numbers. */
export function metricFacts(id: string): MetricFacts {
  return (
    METRICS.find((metric) => metric.id === id) ?? {
      id,
      title: id,
      unit: 'number',
      direction: 'none',
      formula: '',
      source: '',
    }
  );
}

/** `Forgetting (%) ↓` */
export function metricHeader(facts: MetricFacts): string {
  const symbol = unitSymbol(facts.unit);
  const arrow = facts.direction === 'higher' ? ' ↑' : facts.direction === 'lower' ? ' ↓' : '';
  return `${facts.title}${symbol === '' ? '' : ` (${symbol})`}${arrow}`;
}

export interface TableCell {
  readonly text: string;
  readonly n: number | null;
  readonly best: boolean;
  readonly tied: boolean;
  /** Hover text and footnote: why a cell is empty or unmarked, the claim. */
  readonly remark: string;
  readonly state: LeaderboardCell['state'];
  readonly delta: string | null;
  readonly verdict: string | null;
}

export interface SuiteTable {
  readonly suite: string;
  readonly metrics: readonly MetricFacts[];
  readonly rows: readonly {
    readonly row: LeaderboardRow;
    readonly name: string;
    readonly rank: number | null;
    readonly cells: readonly TableCell[];
    /** On this suite. */
    readonly cost: SuiteCost | null;
  }[];
}

const STATES: Record<LeaderboardCell['state'], string> = {
  done: '',
  partial: '',
  running: 'running',
  failed: 'failed',
  missing: 'not run',
  'not-applicable': 'n/a',
};

/** One table per suite, rows ordered by the rank in the suite's first metric, unranked ones last. */
export function suiteTables({ leaderboard }: Pick<ReportInput, 'leaderboard'>): SuiteTable[] {
  const suites = [...new Set(leaderboard.columns.map(({ suite }) => suite))];
  return suites.map((suite) => {
    const indices = leaderboard.columns.flatMap((column, index) => (column.suite === suite ? [index] : []));
    const metrics = indices.map((index) => metricFacts(leaderboard.columns[index]?.metric ?? ''));
    const decimals = indices.map((index, m) =>
      columnDecimals(
        leaderboard.rows.map((row) => row.cells[index]?.estimate ?? null),
        metrics[m]?.unit ?? 'number',
      ),
    );
    const rows = leaderboard.rows.flatMap((row) => {
      const cells = indices.map((index) => row.cells[index]);
      // A method of another family has nothing to say here: a row of refusals would only be noise.
      if (cells.every((cell) => cell === undefined || (cell.finished === 0 && cell.expected === 0))) return [];
      return [
        {
          row,
          name: row.name,
          rank: cells[0]?.rank ?? null,
          mean: cells[0]?.estimate?.mean ?? null,
          cells: cells.map((cell, m) => tableCell(cell, metrics[m], decimals[m] ?? 2)),
          cost: row.costs.find((one) => one.suite === suite)?.cost ?? null,
        },
      ];
    });
    rows.sort((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity) || a.name.localeCompare(b.name, 'en'));
    return { suite, metrics, rows };
  });
}

function tableCell(cell: LeaderboardCell | undefined, facts: MetricFacts | undefined, decimals: number): TableCell {
  if (cell === undefined)
    return {
      text: MISSING,
      n: null,
      best: false,
      tied: false,
      remark: '',
      state: 'missing',
      delta: null,
      verdict: null,
    };
  const unit = facts?.unit ?? 'number';
  const word = STATES[cell.state];
  const text = cell.estimate === null ? word || MISSING : formatEstimate(cell.estimate, unit, decimals);
  const remarks = [
    cell.state === 'partial'
      ? `${cell.finished} of ${cell.expected} trials finished${cell.failed > 0 ? `, ${cell.failed} failed` : ''}.`
      : '',
    cell.state === 'running' && cell.estimate !== null
      ? `${cell.expected - cell.finished - cell.failed} trials still to come.`
      : '',
    cell.why ?? '',
    cell.claim === null ? '' : claimText(cell.claim, unit),
  ];
  return {
    text,
    n: cell.estimate?.n ?? null,
    best: markOf(cell) === 'best',
    tied: markOf(cell) === 'tied',
    state: cell.state,
    remark: remarks.filter((remark) => remark !== '').join(' '),
    delta:
      cell.delta === null
        ? null
        : `${formatSigned(cell.delta.mean, unit, decimals)}${cell.delta.low === null || cell.delta.high === null ? '' : ` ± ${formatNumber(((cell.delta.high - cell.delta.low) / 2) * shownScale(unit), decimals)}`}`,
    verdict: cell.claim?.verdict ?? null,
  };
}

/** `Published 97.70 ± 0.81 (n = 10): reproduced. …` */
/** What was published, without its unit: a value with its spread; of an order without numbers that it is one. */
export function publishedText(
  method: string,
  published: { readonly value: number; readonly spread: number | null },
  unit: MetricUnit,
): string {
  if (isOrdering(method) && published.value === 0) return 'the order only';
  return `${formatValue(published.value, unit)}${published.spread === null ? '' : ` ± ${formatValue(published.spread, unit)}`}`;
}

export function claimText(
  claim: {
    readonly published: {
      readonly value: number;
      readonly spread: number | null;
      readonly n: number | null;
      readonly source: string;
    };
    readonly verdict: string;
    readonly note: string;
  },
  unit: MetricUnit,
): string {
  const { value, spread, n, source } = claim.published;
  return `Published ${formatValue(value, unit)}${spread === null ? '' : ` ± ${formatValue(spread, unit)}`}${n === null ? '' : ` (n = ${n})`}, ${source}: ${claim.verdict}.${claim.note === '' ? '' : ` ${claim.note}`}`;
}

/** What the p values of a comparison are about, and what it leaves out. */
export function comparisonScope({ family, pairwise, methods }: Comparison): string {
  const best = family.best === null ? '' : `, against the best, ${family.best.name}`;
  const scope =
    family.tested === 0
      ? 'No pair shares five seeds with the best.'
      : `p against the best: adjusted (Holm) over ${family.tested} tests, of all ${family.configurations} ranked ` +
        `configurations${best}; it decides about the marks and sentences.`;
  const own =
    pairwise.tested === 0 ? '' : ` p pairwise: adjusted (Holm) over the ${pairwise.tested} pairs of this table.`;
  const rest =
    pairwise.leftOut === 0
      ? ''
      : ` The other ${pairwise.leftOut} pairs of these ${methods.length} configurations are left out here; ` +
        'choose rows on the leaderboard and press Compare to see them.';
  return `${scope}${own}${rest}`;
}
