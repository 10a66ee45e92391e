import { escapeLatex } from '../../../src-main/reports/escapes.ts';
import type { LeaderboardRow } from '../../../src-main/workbench/contract.ts';
import { cellOf } from '../../../src-main/metrics/board/columns.ts';
import { viewCell, viewPlain, type ColumnLayout } from './board-model.ts';

export interface CopyTable {
  readonly rows: readonly LeaderboardRow[];
  readonly layouts: readonly ColumnLayout[];
  readonly baseline: string | null;
  readonly suiteTitle: (id: string) => string;
}

const ARROWS = { higher: '↑', lower: '↓', none: '' } as const;

function heading(layout: ColumnLayout, table: CopyTable): string {
  const { column } = layout;
  const unit = layout.unit === '' ? '' : ` (${layout.unit})`;
  return column.kind === 'metric'
    ? `${table.suiteTitle(column.suite)}: ${column.title}${unit} ${ARROWS[column.direction]}`.trim()
    : `${column.title}${unit}`;
}

function cellText(row: LeaderboardRow, layout: ColumnLayout, table: CopyTable) {
  const { column } = layout;
  if (column.kind !== 'metric')
    return { text: viewPlain(row, layout), spread: '', n: '', mark: null, state: 'done' as const };
  const view = viewCell(cellOf(row, column), layout, {
    delta: table.baseline !== null,
    isBaseline: row.key === table.baseline,
  });
  return { text: view.main, spread: view.spread, n: view.n, mark: view.mark, state: view.state };
}

/** What is on screen as tab-separated text for a spreadsheet: mean, half width and n in columns of their own. */
export function toTsv(table: CopyTable): string {
  const clean = (text: string) => text.replace(/[\t\r\n]+/g, ' ').replaceAll('−', '-');
  const head = [
    'method',
    ...table.layouts.flatMap((layout) =>
      layout.column.kind === 'metric' ? [heading(layout, table), '±', 'n'] : [heading(layout, table)],
    ),
  ];
  const body = table.rows.map((row) => [
    row.name,
    ...table.layouts.flatMap((layout) => {
      const { text, spread, n } = cellText(row, layout, table);
      return layout.column.kind === 'metric' ? [text, spread, n] : [text];
    }),
  ]);
  return [head, ...body].map((line) => line.map(clean).join('\t')).join('\n');
}

/** The same as a booktabs table: best bold, not significantly worse underlined, reference ends between rules. */
export function toLatex(table: CopyTable): string {
  const line = (row: LeaderboardRow) =>
    [
      escapeLatex(row.name),
      ...table.layouts.map((layout) => {
        const { text, spread, mark } = cellText(row, layout, table);
        const number = /^[+−-]?[\d.]/.test(text) ? `$${text.replaceAll('−', '-')}$` : escapeLatex(text);
        const marked =
          mark === 'best' ? `\\textbf{\\boldmath ${number}}` : mark === 'tied' ? `\\underline{${number}}` : number;
        return spread === '' ? marked : `${marked} {\\scriptsize $\\pm\\,${spread.replace('<', '{<}')}$}`;
      }),
    ].join(' & ') + ' \\\\';
  const ends = (which: 'upper' | 'lower') => table.rows.filter((row) => row.reference === which).map(line);
  const rows = table.rows.filter((row) => row.reference === null).map(line);
  const parts = [ends('upper'), rows, ends('lower')].filter((part) => part.length > 0);
  return [
    '% needs \\usepackage{booktabs}; bold: best mean, underlined: not significantly worse than the best (paired t-test, Holm)',
    `\\begin{tabular}{l${'r'.repeat(table.layouts.length)}}`,
    '\\toprule',
    `${['Method', ...table.layouts.map((layout) => escapeLatex(heading(layout, table)))].join(' & ')} \\\\`,
    '\\midrule',
    parts.map((part) => part.join('\n')).join('\n\\midrule\n'),
    '\\bottomrule',
    '\\end{tabular}',
  ].join('\n');
}
