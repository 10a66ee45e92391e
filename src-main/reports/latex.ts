import { splitTable } from '../metrics/board/table.ts';
import { LATEX_NEEDS, tableLatex } from './board-text.ts';
import { escapeLatex, latexComment } from './escapes.ts';
import { when, type ReportInput } from './input.ts';
import { shownBoards, viewSentences } from './shown.ts';
import type { SuiteBoard } from './suite-boards.ts';
import { meanOver } from './words.ts';

/** Characters across a page of a paper in one column. */
const PAGE_CHARACTERS = 92;

/** Booktabs tables suite by suite, to be put into a paper; a wide one comes in parts that each fit on a page. */
export function latexReport(input: ReportInput): string {
  const head = [
    input.title,
    `Made by Touchstone ${input.version}, ${when(input.createdAt)}, study ${input.study.id}.`,
    ...viewSentences(input),
  ].map(latexComment);
  return [...head, LATEX_NEEDS, '', ...shownBoards(input).flatMap(floats)].join('\n');
}

function floats(board: SuiteBoard): string[] {
  const label = board.suite.replace(/[^a-zA-Z0-9]+/g, '-');
  const tables = [board.values, board.differences].flatMap((table) => table ?? []);
  return tables.flatMap((table) =>
    splitTable(table, PAGE_CHARACTERS).map((part, p, parts) => {
      const differences = table === board.differences;
      const what = differences
        ? `paired differences to ${table.columns[0]?.differenceTo ?? ''}`
        : `means over ${meanOver(board.hasFolds)}`;
      const portion = parts.length > 1 ? `, part ${p + 1} of ${parts.length}` : '';
      const text = `${board.title}${portion}: ${what}`;
      const body = tableLatex(part);
      const caption =
        `${escapeLatex(text)}, with half of the 95\\,\\% $t$-interval. Bold: best; underlined: not ` +
        'significantly worse.';
      const name = `tab:${label}${differences ? '-differences' : ''}${parts.length > 1 ? `-${p + 1}` : ''}`;
      // A longtable is no float and has its caption inside.
      if (body.includes('\\begin{longtable}'))
        return `${body.replace('\\toprule', () => `\\caption{${caption}}\\label{${name}}\\\\\n\\toprule`)}\n`;
      return `\\begin{table}\n\\centering\n\\caption{${caption}}\n\\label{${name}}\n${body}\n\\end{table}\n`;
    }),
  );
}
