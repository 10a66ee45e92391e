import { joinedAtMost } from '../base/shortened.ts';
import { allColumns, type Column } from '../metrics/board/columns.ts';
import { CURVE_X, PLAIN_VIEW, type CurveX } from '../metrics/pictures/curves.ts';
import { METRICS } from '../metrics/registry.ts';
import { WHOLE_BOARD } from '../reports/suite-boards.ts';
import type { BoardView } from '../reports/suite-boards.ts';
import { WorkbenchError } from '../workbench/contract/contract.ts';
import type { Leaderboard, LeaderboardRow } from '../workbench/contract/contract.ts';
import { Option, type Command } from 'commander';

/** What of a leaderboard is shown, as it is typed: the same for `touchstone leaderboard` and `touchstone report`. */
export interface ViewOptions {
  readonly columns?: readonly string[];
  readonly hide?: readonly string[];
  readonly baseline?: string;
  readonly order?: string;
  readonly reverse: boolean;
  readonly curvesBy?: CurveX;
  readonly log?: 'x' | 'y' | 'xy';
}

export function addViewOptions(command: Command): Command {
  return command
    .option(
      '--columns <columns...>',
      'only these: metrics (acc.test), one suite’s (suite~acc.test) or costs (cost.seconds)',
    )
    .option('--hide <rows...>', 'leave these configurations out, by name or key')
    .option('--baseline <row>', 'differences to this configuration')
    .option('--order <column>', 'order by this column, better first, or by "method"')
    .option('--reverse', 'the other way round', false);
}

/** How the curves of a report are drawn. */
export function addCurveOptions(command: Command): Command {
  return command
    .addOption(new Option('--curves-by <x>', 'draw curves over this').choices(CURVE_X))
    .addOption(new Option('--log <axes>', 'logarithmic axes of curves').choices(['x', 'y', 'xy']));
}

const MOST_NAMED = 12;
const METRIC_FACTS = new Map(METRICS.map((metric) => [metric.id, metric]));

/**
 * The view that the options ask for. Throws WorkbenchError for a row or a column that the leaderboard does not have.
 */
export function viewFrom(board: Leaderboard, options: ViewOptions): BoardView {
  const columns = allColumns(board, METRIC_FACTS);
  const { order } = options;
  return {
    ...WHOLE_BOARD,
    columns: options.columns?.flatMap((text) => findColumns(columns, text).map(({ id }) => id)) ?? null,
    hidden: (options.hide ?? []).map((text) => findRow(board.rows, text).key),
    baseline: options.baseline === undefined ? null : findRow(board.rows, options.baseline).key,
    curves: {
      x: options.curvesBy ?? PLAIN_VIEW.x,
      logX: options.log?.includes('x') === true,
      logY: options.log?.includes('y') === true,
    },
    sort: order === undefined ? null : sortBy(columns, order, options.reverse),
  };
}

/** Whether any option asks for something else than the whole leaderboard. */
export const asksForView = ({ columns, hide, baseline, order, curvesBy, log }: ViewOptions): boolean =>
  [columns, hide, baseline, order, curvesBy, log].some((option) => option !== undefined);

function sortBy(columns: readonly Column[], text: string, reverse: boolean): BoardView['sort'] {
  if (text === 'method') return { column: 'method', descending: reverse };
  const [column] = findColumns(columns, text);
  return column === undefined ? null : { column: column.id, descending: (column.direction !== 'lower') !== reverse };
}

/** A column by its id, every suite's column of a metric, or a cost by its short name. */
function findColumns(columns: readonly Column[], text: string): Column[] {
  const found = columns.filter(
    (column) =>
      column.id === text || (column.kind === 'metric' ? column.metric === text : column.id === `cost.${text}`),
  );
  if (found.length > 0) return found;
  const known = [...new Set(columns.map((column) => (column.kind === 'metric' ? column.metric : column.id)))];
  throw unknown(`There is no column "${text}" on this leaderboard.`, known);
}

/** A row by its key or its name; the case of a name does not matter. */
function findRow(rows: readonly LeaderboardRow[], text: string): LeaderboardRow {
  const found =
    rows.find(({ key, name }) => key === text || name === text) ??
    rows.find(({ name }) => name.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  throw unknown(
    `There is no configuration "${text}" on this leaderboard.`,
    rows.map(({ name }) => name),
  );
}

function unknown(message: string, known: readonly string[]): WorkbenchError {
  const all = known.length > MOST_NAMED ? ' (--json lists all)' : '';
  return new WorkbenchError({
    kind: 'invalid-input',
    message,
    remedy: known.length === 0 ? 'It holds nothing yet.' : `It has: ${joinedAtMost(known, MOST_NAMED)}${all}.`,
    details: null,
  });
}
