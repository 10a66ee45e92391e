import type { Column } from '../../../src-main/metrics/board/columns.ts';
import type { Arranged } from '../../../src-main/metrics/board/rows.ts';
import { boardTable } from '../../../src-main/metrics/board/table.ts';
import { LATEX_NEEDS, tableLatex, tableMarkdown, tableTsv } from '../../../src-main/reports/board-text.ts';
import type { LeaderboardRow } from '../../../src-main/workbench/contract/contract.ts';

export type CopyKind = 'tsv' | 'markdown' | 'latex';

/** What can be copied of a leaderboard, in the words of the menu. */
export const COPIES: readonly { readonly kind: CopyKind; readonly title: string }[] = [
  { kind: 'tsv', title: 'For a spreadsheet (TSV)' },
  { kind: 'markdown', title: 'Markdown table' },
  { kind: 'latex', title: 'LaTeX table (booktabs)' },
];

/** What is on screen, as text: rows, order, columns and baseline as they are shown. */
export function copyText(
  kind: CopyKind,
  shown: {
    readonly arranged: Arranged;
    readonly columns: readonly Column[];
    readonly baseline: LeaderboardRow | null;
    readonly suiteTitle: (suite: string) => string;
  },
): string {
  const table = boardTable(shown.arranged, shown.columns, shown.baseline, shown);
  if (kind === 'tsv') return tableTsv(table);
  return kind === 'markdown' ? tableMarkdown(table) : `${LATEX_NEEDS}\n${tableLatex(table)}`;
}
