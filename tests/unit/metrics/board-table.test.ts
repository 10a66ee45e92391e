import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allColumns } from '../../../src-main/metrics/board/columns.ts';
import { arrange } from '../../../src-main/metrics/board/rows.ts';
import { boardTable, fullHeading, splitTable } from '../../../src-main/metrics/board/table.ts';
import { METRICS } from '../../../src-main/metrics/registry.ts';
import { tableLatex, tableMarkdown, tableTsv } from '../../../src-main/reports/board-text.ts';
import { htmlReport } from '../../../src-main/reports/html/page.ts';
import { csvReport } from '../../../src-main/reports/csv.ts';
import { latexReport } from '../../../src-main/reports/latex.ts';
import { markdownReport } from '../../../src-main/reports/markdown.ts';
import { shownBoards, shownComparisons, viewSentences } from '../../../src-main/reports/shown.ts';
import { WHOLE_BOARD } from '../../../src-main/reports/suite-boards.ts';
import type { ReportInput } from '../../../src-main/reports/input.ts';
import { sampleReport } from '../reports/sample.ts';
import { wideReport } from '../reports/wide.ts';

// Five seeds: fewer have no marks.
const report = sampleReport([0, 1, 2, 3, 4]);
const { leaderboard } = report;
const facts = new Map(METRICS.map((metric) => [metric.id, metric]));
const columns = allColumns({ columns: leaderboard.columns, available: leaderboard.columns }, facts);
const words = { suiteTitle: () => 'Split digits' };
const arranged = arrange(leaderboard, { ...WHOLE_BOARD, baseline: 'naive' }, columns);
const baseline = leaderboard.rows.find(({ key }) => key === 'naive') ?? null;
const values = boardTable(arranged, columns, null, words);
const differences = boardTable(arranged, columns, baseline, words);

describe('differences', () => {
  it('stand under headings that say to what; values do not', () => {
    expect(differences.columns.slice(0, 2).map(fullHeading)).toEqual([
      'Split digits, Δ to Naive: Final accuracy (mean over tasks) (points) ↑',
      'Split digits, Δ to Naive: Forgetting (points) ↓',
    ]);
    expect(values.columns.slice(0, 2).map(fullHeading)).toEqual([
      'Split digits: Final accuracy (mean over tasks) (%) ↑',
      'Split digits: Forgetting (%) ↓',
    ]);
    // Costs are no differences.
    expect(differences.columns.slice(2).every(({ differenceTo }) => differenceTo === null)).toBe(true);
  });
  it('are never mixed with the baseline’s own values, which a note gives', () => {
    const own = differences.rows.find(({ key }) => key === 'naive');
    expect(own?.cells.slice(0, 2).map(({ text }) => text)).toEqual(['baseline', 'baseline']);
    expect(differences.notes).toEqual([
      'Naive itself on Split digits: Final accuracy (mean over tasks) 51.00 ± 0.98 %; Forgetting 87.0 ± 2.0 %.',
    ]);
    // 76 − 51.
    expect(differences.rows.find(({ key }) => key === 'hostile')?.cells[0]?.text).toBe('+25.00');
    for (const text of [tableTsv(differences), tableMarkdown(differences), tableLatex(differences)])
      expect(text).toMatch(/(Δ|\$\\Delta\$) to Naive/);
  });
});

describe('a cost that was not counted', () => {
  it('says so in a row with results, and is neither 0 nor in the column’s unit', () => {
    const rows = leaderboard.rows.map((row) => ({ ...row, cost: { ...row.cost, parameters: null } }));
    const [column] = columns.filter(({ id }) => id === 'cost.parameters');
    const shown = boardTable(arrange({ rows }, WHOLE_BOARD, columns), [column], null, words);
    expect(shown.rows.map(({ cells: [cell] }) => [cell.text, cell.value])).toEqual(
      rows.map(() => ['not counted', null]),
    );
    const without = rows.map((row) => ({ ...row, cells: row.cells.map((cell) => ({ ...cell, finished: 0 })) }));
    const empty = boardTable(arrange({ rows: without }, WHOLE_BOARD, columns), [column], null, words);
    expect(empty.rows.map(({ cells: [cell] }) => cell.text)).toEqual(rows.map(() => '–'));
  });
});

describe('what is copied', () => {
  it('LaTeX: heads are grouped by suite, names are escaped, references lie between rules', () => {
    const text = tableLatex(values);
    expect(text).toContain(' & \\multicolumn{2}{c}{Split digits} & \\multicolumn{7}{c}{Cost} \\\\');
    expect(text).toContain('\\cmidrule(lr){2-3} \\cmidrule(lr){4-10}');
    expect(text).toContain('a\\_b \\& \\textless{}c\\textgreater{} & \\textbf{\\boldmath $76.00$}');
    expect(text.match(/\\midrule\n/g)).toHaveLength(3);
  });
  it('TSV and Markdown have as many cells on every line, whatever a name holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'\t\n|a=+"\\`') }), (name) => {
        const table = { ...differences, rows: differences.rows.map((row) => ({ ...row, name })) };
        const tsv = tableTsv(table).split('\n');
        expect(new Set(tsv.map((line) => line.split('\t').length)).size).toBe(1);
        const lines = tableMarkdown(table)
          .split('\n')
          .filter((line) => line.startsWith('|'));
        expect(lines).toHaveLength(2 + table.rows.length);
        const widths = lines.map((line) => line.replace(/\\[\s\S]/g, '').split('|').length);
        expect(new Set(widths).size).toBe(1);
      }),
    );
  });
});

describe('paper', () => {
  it('every column is in exactly one part, and every part names every row', () => {
    fc.assert(
      fc.property(fc.integer({ min: 30, max: 200 }), (width) => {
        const parts = splitTable(values, width);
        expect(parts.flatMap((part) => part.columns)).toEqual(values.columns);
        for (const { rows, columns: own } of parts) {
          expect(rows.map(({ key }) => key)).toEqual(values.rows.map(({ key }) => key));
          expect(rows.every(({ cells }) => cells.length === own.length)).toBe(true);
        }
        expect(parts.flatMap(({ notes }) => notes)).toEqual(values.notes);
      }),
    );
  });
  it('of twenty-eight metrics on two suites none is lost, in any format', () => {
    const wide = wideReport(3);
    const texts = [htmlReport(wide, true), markdownReport(wide), latexReport(wide)];
    for (const { title } of METRICS) for (const text of texts) expect(text.replace(/\\/g, '')).toContain(title);
    // No table has more cells across than fit on a page.
    for (const [head] of texts[0]?.matchAll(/<thead>[\s\S]*?<\/thead>/g) ?? [])
      expect(head.match(/<th/g)?.length).toBeLessThanOrEqual(13);
  });
});

describe('a report of a view', () => {
  const see = (view: Partial<ReportInput['view']>): ReportInput => ({ ...report, view: { ...WHOLE_BOARD, ...view } });
  const [, forgetting] = columns;
  it('leaves out what is hidden, and says so', () => {
    const input = see({ hidden: ['hostile'] });
    expect(shownBoards(input)[0]?.rows.map(({ key }) => key)).toEqual(['joint', 'naive']);
    expect(viewSentences(input)).toEqual([
      '2 of 3 configurations are shown; left out: a_b & <c>. Ranks, marks and p stay those among all.',
    ]);
    const csv = csvReport(input);
    expect(csv).not.toContain('hostile');
    expect(csv).toContain('naive');
    // Nor does it appear in pairs; of none there is no comparison.
    expect(shownComparisons(input)).toEqual([]);
    expect(shownComparisons(report)).toEqual(report.comparisons);
    expect(viewSentences(report)).toEqual([]);
  });
  it('has its columns and order', () => {
    const id = forgetting?.id ?? '';
    const input = see({ columns: [id], sort: { column: 'method', descending: true } });
    const [board] = shownBoards(input);
    expect(board?.values.columns.map((column) => column.id)).toEqual(['place', 'seeds', id]);
    expect(viewSentences(input)).toEqual(['1 of 2 metrics are shown.']);
    const metrics = new Set(
      csvReport(input)
        .split('\r\n')
        .slice(1, -1)
        .map((line) => line.includes('forgetting.chaudhry18')),
    );
    expect(metrics).toEqual(new Set([true]));
  });
  it('has differences to its baseline beside the values, by seed in CSV', () => {
    const input = see({ baseline: 'naive' });
    expect(shownBoards(input)[0]?.differences?.columns[0]?.differenceTo).toBe('Naive');
    for (const text of [htmlReport(input), markdownReport(input), latexReport(input)])
      expect(text).toMatch(/(Δ|\$\\Delta\$) to Naive/);
    const [head, ...lines] = csvReport(input).trimEnd().split('\r\n');
    expect(head?.endsWith(',difference to naive')).toBe(true);
    const own = lines.filter((line) => line.includes(',naive,naive,'));
    expect(own.length).toBeGreaterThan(0);
    expect(own.every((line) => line.endsWith(',0'))).toBe(true);
  });
});
