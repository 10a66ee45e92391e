import {
  formatBytes,
  formatEstimate,
  formatSeconds,
  columnDecimals,
  markOf,
  MISSING,
  unitSymbol,
} from '../metrics/format.ts';
import { METRICS } from '../metrics/registry.ts';
import type { Leaderboard, LeaderboardCell, StudySummary } from '../workbench/contract.ts';

/** Columns padded to their widest cell; numbers (columns named in `right`) to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(),
): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        right.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** One table a suite: rank, method, mean ± interval of each metric, n, seconds, memory; what is missing says so. */
export function leaderboardText(board: Leaderboard): string {
  const suites = [...new Set(board.columns.map(({ suite }) => suite))];
  const parts = suites.map((suite) => {
    const columns = board.columns.flatMap((column, index) => (column.suite === suite ? [{ ...column, index }] : []));
    const [first] = columns;
    const rows = board.rows.filter((row) =>
      columns.some(
        ({ index }) => (row.cells[index]?.expected ?? 0) > 0 || row.cells[index]?.state === 'not-applicable',
      ),
    );
    const headline = (row: Leaderboard['rows'][number]): LeaderboardCell | undefined =>
      first === undefined ? undefined : row.cells[first.index];
    const sorted = [...rows].sort(
      (a, b) => (headline(a)?.rank ?? Number.POSITIVE_INFINITY) - (headline(b)?.rank ?? Number.POSITIVE_INFINITY),
    );
    const decimals = columns.map(({ index, metric }) =>
      columnDecimals(
        board.rows.map((row) => row.cells[index]?.estimate ?? null),
        unitOf(metric),
      ),
    );
    const head = [
      'rank',
      'method',
      ...columns.map(
        ({ metric }) =>
          `${metric}${unitSymbol(unitOf(metric)) === '' ? '' : ` (${unitSymbol(unitOf(metric)).trim()})`}${arrow(metric)}`,
      ),
      'n',
      'seconds',
      'memory',
    ];
    const body = sorted.map((row) => {
      const cell = headline(row);
      const cost = row.costs.find((one) => one.suite === suite)?.cost;
      return [
        cell?.rank == null ? MISSING : String(cell.rank),
        `${row.name}${row.reference === null ? '' : ` [${row.reference} reference]`}`,
        ...columns.map(({ index, metric }, at) => cellText(row.cells[index], metric, decimals[at])),
        cell === undefined
          ? ''
          : cell.finished === cell.expected
            ? String(cell.finished)
            : `${cell.finished}/${cell.expected}`,
        cost?.seconds == null ? MISSING : cost.seconds.middle.toFixed(1),
        cost?.peakMemoryBytes == null ? MISSING : formatBytes(cost.peakMemoryBytes.middle),
      ];
    });
    const right = new Set(head.map((_, column) => column).filter((column) => column !== 1));
    return `${suite}\n${table(head, body, right)}`;
  });
  return [...parts, ...board.warnings.map((warning) => `Note: ${warning}`)].join('\n\n');
}

const MARKS = { best: ' *', tied: ' =', none: '  ' } as const;

function cellText(cell: LeaderboardCell | undefined, metric: string, decimals: number | undefined): string {
  if (cell === undefined) return MISSING;
  if (cell.estimate !== null)
    return `${formatEstimate(cell.estimate, unitOf(metric), decimals)}${MARKS[markOf(cell) ?? 'none']}`;
  return cell.state === 'not-applicable' ? 'n/a' : cell.state;
}

const unitOf = (metric: string) => METRICS.find(({ id }) => id === metric)?.unit ?? 'number';

function arrow(metric: string): string {
  const direction = METRICS.find(({ id }) => id === metric)?.direction;
  return direction === 'higher' ? ' ↑' : direction === 'lower' ? ' ↓' : '';
}

/** `12/30 done, 2 running, 1 failed, 3 min left`. */
export function studyLine(study: StudySummary): string {
  const { counts } = study;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const parts = [`${counts.done}/${total} done`];
  for (const state of ['running', 'paused', 'failed', 'cancelled'] as const)
    if (counts[state] > 0) parts.push(`${counts[state]} ${state}`);
  if (study.eta !== null) parts.push(`${formatSeconds(study.eta)} left`);
  return parts.join(', ');
}
