import {
  columnHeading,
  splitTable,
  type BoardTable,
  type TableCell,
  type TableRow,
} from '../../metrics/board/table.ts';
import { grantWords } from '../../methods/grants.ts';
import { headGroups } from '../board-text.ts';
import type { Markup } from '../markup.ts';
import { markup } from '../markup.ts';
import type { SuiteBoard } from '../suite-boards.ts';
import { metricFacts } from '../words.ts';

/** A suite's leaderboard as HTML tables: none is wider than a page of A4, so that all of it can be printed. */

/** Characters that fit across a page of A4 at the size in which tables are printed. */
export const PAGE_CHARACTERS = 104;

/** A heading that sorts its table. Chromium does not repeat heads with real buttons on the pages of a long table. */
export function sortable(title: string): Markup {
  return markup`<th scope="col"><span class="sort" role="button" tabindex="0">${title}</span></th>`;
}

export function suiteSection(board: SuiteBoard): Markup {
  return markup`<section class="suite"><h3>${board.title} <span class="soft">${board.suite}</span></h3>
${boardTables(board.values, board)}${notes(board.values)}
${board.differences !== null && boardTables(board.differences, board)}</section>`;
}

function boardTables(table: BoardTable, board: SuiteBoard): Markup {
  const asks = new Map(board.rows.map((row) => [row.key, asksText(row.asks)]));
  const parts = splitTable(table, PAGE_CHARACTERS);
  return markup`${parts.map((part, p) => boardPart(part, p === 0 ? asks : NONE, parts.length < 2 ? '' : `Part ${p + 1} of ${parts.length}`))}${table.notes.map((note) => markup`<p class="soft">${note}</p>`)}`;
}

const NONE: ReadonlyMap<string, string> = new Map();
/** A table of at most so many rows is never broken over two pages. */
const SHORT_ROWS = 24;

function boardPart(table: BoardTable, asks: ReadonlyMap<string, string>, caption: string): Markup {
  const difference = table.columns.some(({ differenceTo }) => differenceTo !== null);
  return markup`<div class="wide"><table class="board${table.rows.length <= SHORT_ROWS && ' short'}">${caption !== '' && markup`<caption>${caption}</caption>`}<thead>
${difference && markup`<tr><th></th>${headGroups(table.columns).map(({ title, span }) => markup`<th class="group" colspan="${span}">${title}</th>`)}</tr>`}
<tr>${sortable('Method')}${table.columns.map((column) => sortable(columnHeading(column).replace(/ ([↑↓])$/, '\u00a0$1')))}</tr></thead><tbody>
${table.rows.map((row) => boardRow(row, asks.get(row.key) ?? ''))}</tbody></table></div>`;
}

const PARTS = { upper: 'upper reference', rows: '', lower: 'lower reference' } as const;

function boardRow(row: TableRow, asks: string): Markup {
  const said = [PARTS[row.part], ...row.marks, asks].filter((words) => words !== '').join(' · ');
  return markup`<tr class="${row.part}"><td>${row.name}${said !== '' && markup` <span class="n">${said}</span>`}</td>${row.cells.map(valueCell)}</tr>
`;
}

function valueCell({ text, spread, range, lost, mark, value, state, remark }: TableCell): Markup {
  const classes = [mark ?? '', STATES.has(state) ? state : ''].filter((name) => name !== '').join(' ');
  return markup`<td class="${classes}" data-value="${value ?? ''}" title="${remark}">${text}${spread !== '' && markup` ± ${spread}`}${state === 'partial' && '*'}${range !== '' && markup`<br><span class="n">${range}</span>`}${lost !== '' && markup`<br><span class="n">${lost}</span>`}</td>`;
}

/** States with a colour of their own. */
const STATES: ReadonlySet<string> = new Set(['failed', 'running', 'diverged', 'reproduced', 'off']);

function asksText(asks: readonly string[]): string {
  const words = asks.map((grant) => grantWords(grant).noun);
  return words.length === 0 ? '' : `uses ${words.join(', ')}`;
}

/** What a person on paper cannot hover over, each sentence once with the methods that it is about. */
function notes(table: BoardTable): Markup | null {
  const methods = new Map<string, Set<string>>();
  for (const { name, cells } of table.rows)
    for (const { remark } of cells)
      if (remark !== '') methods.set(remark, (methods.get(remark) ?? new Set<string>()).add(name));
  if (methods.size === 0) return null;
  return markup`<details><summary>Notes to this table</summary><ul>${[...methods].map(([remark, names]) => markup`<li><b>${[...names].join(', ')}</b>: ${remark}</li>`)}</ul></details>`;
}

/** What the metrics of all tables are, each once. */
export function definitions(boards: readonly SuiteBoard[]): Markup {
  const columns = new Map(boards.flatMap(({ metrics }) => metrics.map((column) => [column.metric, column])));
  const rows = [...columns]
    .map(([metric, column]) => metricFacts(metric, column))
    .map(
      ({ id, title, formula, source }) =>
        markup`<tr><td>${title}<br><code>${id}</code></td><td class="left">${formula}</td><td class="left">${source}</td></tr>`,
    );
  return markup`<details><summary>What the metrics are</summary><div class="wide"><table class="text"><thead><tr><th>Metric</th><th class="left">Definition</th><th class="left">Source</th></tr></thead><tbody>${rows}</tbody></table></div></details>`;
}
