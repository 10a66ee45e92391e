import { columnHeading } from '../metrics/board/table.ts';
import type { BoardTable } from '../metrics/board/table.ts';
import { formatSeconds } from '../metrics/format.ts';
import { nameInList } from '../reports/board-text.ts';
import { suiteBoards, WHOLE_BOARD } from '../reports/suite-boards.ts';
import type { BoardView } from '../reports/suite-boards.ts';
import { STATE_WORDS, WITHOUT_RESULT } from '../results/states.ts';
import { variantOf } from '../suites/variant-ids.ts';
import type { Leaderboard, StudySummary } from '../workbench/contract/contract.ts';

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

/** Costs that a terminal has room for where none were asked for. */
const USUAL_COSTS = ['cost.seconds', 'cost.peakMemoryBytes'] as const;
const MARKS = { best: ' *', tied: ' =' } as const;

/**
 * One table a suite: rank, seeds, mean ± interval of each metric, costs, or the differences to a baseline; what is
 * missing says so. Metrics are called by their ids, as options name them.
 */
export function leaderboardText(board: Leaderboard, view: BoardView = WHOLE_BOARD): string {
  const measured = board.columns.map(({ suite, metric }) => `${suite}~${metric}`);
  const shown = { ...view, columns: view.columns ?? [...measured, ...USUAL_COSTS] };
  const parts = suiteBoards(board, shown, (suite) => suite).map(({ suite, values, differences }) =>
    [headOf(suite), boardLines(differences ?? values), ...(differences ?? values).notes].join('\n'),
  );
  return [...parts, ...board.warnings.map((warning) => `Note: ${warning}`)].join('\n\n');
}

const headOf = (suite: string): string =>
  variantOf(suite) === 'dev' ? `${suite} (settings that were tried, on rows held out of the training rows)` : suite;

function boardLines({ columns, rows }: BoardTable): string {
  const head = columns.map((column) => {
    const [, metric] = column.id.split('~');
    const difference = column.differenceTo === null ? '' : `Δ to ${column.differenceTo}: `;
    return `${difference}${columnHeading(metric === undefined ? column : { ...column, title: metric })}`;
  });
  const marked = columns.map((_, c) => rows.some(({ cells }) => cells[c]?.mark != null));
  const body = rows.map((row) => [
    nameInList(row),
    ...row.cells.map(({ text, spread, lost, mark }, c) => {
      const end = mark === null ? (marked[c] === true ? '  ' : '') : MARKS[mark];
      return `${text}${spread === '' ? '' : ` ± ${spread}`}${lost === '' ? '' : ` (${lost})`}${end}`;
    }),
  ]);
  return table(['Method', ...head], body, new Set(columns.map((_, c) => c + 1)));
}

/** `12/30 done, 2 running, 1 failed, 3 min left`. */
export function studyLine(study: StudySummary): string {
  const { counts } = study;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const parts = [`${counts.done}/${total} done`];
  for (const state of ['running', 'paused', ...WITHOUT_RESULT] as const)
    if (counts[state] > 0) parts.push(`${counts[state]} ${STATE_WORDS[state]}`);
  if (study.eta !== null) parts.push(`${formatSeconds(study.eta)} left`);
  return parts.join(', ');
}
