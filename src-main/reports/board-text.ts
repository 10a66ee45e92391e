import {
  columnHeading,
  fullHeading,
  groupHeading,
  type BoardTable,
  type TableCell,
  type TableColumn,
  type TablePart,
  type TableRow,
} from '../metrics/board/table.ts';
import { escapeLatex, escapeMarkdown, latexComment, tsvLine } from './escapes.ts';

/** A leaderboard's table written out: for a spreadsheet, in Markdown, in LaTeX. Runs in a browser. */

const PARTS: Readonly<Record<TablePart, string>> = {
  upper: ' (upper reference)',
  rows: '',
  lower: ' (lower reference)',
};

/** The name with what it does not say: where the row comes from, that it was not checked. */
const nameWithMarks = ({ name, marks }: TableRow): string =>
  marks.length === 0 ? name : `${name} (${marks.join(', ')})`;

/** Where rules do not set the references apart, their names say what they are. */
export const nameInList = (row: TableRow): string => `${nameWithMarks(row)}${PARTS[row.part]}`;

const inBrackets = (words: string): string => (words === '' ? '' : ` (${words})`);

/** Tab-separated text for a spreadsheet: mean, half width and n in columns of their own. */
export function tableTsv({ columns, rows, notes }: BoardTable): string {
  const head = [
    'Method',
    ...columns.flatMap((column) => (column.measured ? [fullHeading(column), '±', 'n'] : [fullHeading(column)])),
  ];
  const body = rows.map((row) => [
    nameInList(row),
    ...row.cells.flatMap(({ text, spread, n, lost }, c) =>
      columns[c]?.measured === true ? [text, spread, `${n}${inBrackets(lost)}`] : [text],
    ),
  ]);
  const fill = Array.from({ length: head.length - 1 }, () => '');
  return [head, ...body, ...notes.map((note) => [note, ...fill])].map(tsvLine).join('\n');
}

/** A table of GitHub-flavoured Markdown: best bold, `≈` not significantly worse. */
export function tableMarkdown({ columns, rows, notes }: BoardTable, heading = fullHeading): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const cell = ({ text, spread, lost, mark }: TableCell): string => {
    const number = escapeMarkdown(`${text}${spread === '' ? '' : ` ± ${spread}`}${inBrackets(lost)}`);
    return mark === 'best' ? `**${number}**` : mark === 'tied' ? `${number} ≈` : number;
  };
  return [
    line(['Method', ...columns.map((column) => escapeMarkdown(heading(column)))]),
    `|---|${columns.map(() => '---:|').join('')}`,
    ...rows.map((row) => line([escapeMarkdown(nameInList(row)), ...row.cells.map(cell)])),
    ...notes.flatMap((note) => ['', escapeMarkdown(note)]),
  ].join('\n');
}

/** Columns of one group that lie side by side, with the place of the first. */
export function headGroups(columns: readonly TableColumn[]): { title: string; from: number; span: number }[] {
  const groups: { key: string; title: string; from: number; span: number }[] = [];
  columns.forEach((column, c) => {
    const key = `${column.group}\n${column.differenceTo ?? ''}`;
    const last = groups.at(-1);
    if (last?.key === key) last.span += 1;
    else groups.push({ key, title: groupHeading(column), from: c, span: 1 });
  });
  return groups.map(({ title, from, span }) => ({ title, from, span }));
}

/** Longer tables than this go over several pages. */
const PAGE_ROWS = 40;

/**
 * A booktabs table: heads grouped by suite, best bold, not significantly worse underlined, references between rules; a
 * `longtable` where it is longer than a page.
 */
export function tableLatex({ columns, rows, notes }: BoardTable): string {
  const environment = rows.length > PAGE_ROWS ? 'longtable' : 'tabular';
  const groups = headGroups(columns);
  const line = (row: TableRow): string =>
    `${[escapeLatex(nameWithMarks(row)), ...row.cells.map(latexCell)].join(' & ')} \\\\`;
  const bodies = (['upper', 'rows', 'lower'] as const)
    .map((part) => rows.filter((row) => row.part === part).map(line))
    .filter((lines) => lines.length > 0);
  return [
    ...notes.map(latexComment),
    `\\begin{${environment}}{l${'r'.repeat(columns.length)}}`,
    '\\toprule',
    `${['', ...groups.map(({ title, span }) => ` & \\multicolumn{${span}}{c}{${escapeLatex(title)}}`)].join('')} \\\\`,
    groups.map(({ from, span }) => `\\cmidrule(lr){${from + 2}-${from + span + 1}}`).join(' '),
    `${['Method', ...columns.map((column) => escapeLatex(columnHeading(column)))].join(' & ')} \\\\`,
    '\\midrule',
    ...(environment === 'longtable' ? ['\\endhead'] : []),
    bodies.map((lines) => lines.join('\n')).join('\n\\midrule\n'),
    '\\bottomrule',
    `\\end{${environment}}`,
  ].join('\n');
}

function latexCell({ text, spread, lost, mark }: TableCell): string {
  const number = /^[+−-]?[\d.]/.test(text) ? `$${text.replaceAll('−', '-')}$` : escapeLatex(text);
  const marked =
    mark === 'best' ? `\\textbf{\\boldmath ${number}}` : mark === 'tied' ? `\\underline{${number}}` : number;
  const half = spread === '' ? '' : ` {\\scriptsize $\\pm\\,${spread.replace('<', '{<}')}$}`;
  return `${marked}${half}${lost === '' ? '' : ` {\\scriptsize (${escapeLatex(lost)})}`}`;
}

/** What a LaTeX document needs for these tables, and what their marks say. */
export const LATEX_NEEDS = latexComment(
  'needs \\usepackage{booktabs,longtable}; bold: best mean, underlined: not significantly worse ' +
    'than the best (paired t-test, Holm)',
);
