import { escapeLatex, latexComment } from './escapes.ts';
import { when, type ReportInput } from './input.ts';
import { metricHeader, suiteTables, type TableCell } from './tables.ts';

/** One booktabs table per suite, to be put into a paper: `\input` it after `\usepackage{booktabs}`. */
export function latexReport(input: ReportInput): string {
  const head = [
    latexComment(input.title),
    latexComment(`Made by Touchstone ${input.version}, ${when(input.createdAt)}, study ${input.study.id}.`),
    '% Needs \\usepackage{booktabs}. Bold: best. A dagger: not significantly worse than the best (paired t-test by seed, Holm, at least five seeds).',
    '',
  ];
  const tables = suiteTables(input).map((table) => {
    const title = input.suites.find(({ id }) => id === table.suite)?.title ?? table.suite;
    const seeds = [...new Set(table.rows.flatMap(({ cells }) => cells[0]?.n ?? []))].sort((a, b) => a - b);
    const n =
      seeds.length === 1 ? `$n = ${seeds[0] ?? 0}$ seeds` : `$n$ from ${seeds[0] ?? 0} to ${seeds.at(-1) ?? 0} seeds`;
    return [
      '\\begin{table}',
      '  \\centering',
      `  \\caption{${escapeLatex(title)}: mean and half width of the 95\\,\\% $t$-interval, ${n}. Bold: best; $\\dagger$: not significantly worse.}`,
      `  \\label{tab:${table.suite.replace(/[^a-zA-Z0-9]+/g, '-')}}`,
      `  \\begin{tabular}{l${'r'.repeat(table.metrics.length)}}`,
      '    \\toprule',
      `    Method & ${table.metrics.map((facts) => escapeLatex(metricHeader(facts))).join(' & ')} \\\\`,
      '    \\midrule',
      ...table.rows.map(({ name, cells }) => `    ${escapeLatex(name)} & ${cells.map(cellText).join(' & ')} \\\\`),
      '    \\bottomrule',
      '  \\end{tabular}',
      '\\end{table}',
      '',
    ].join('\n');
  });
  return [...head, ...tables].join('\n');
}

function cellText({ text, best, tied }: TableCell): string {
  const escaped = escapeLatex(text);
  return best ? `\\textbf{${escaped}}` : tied ? `${escaped}$^\\dagger$` : escaped;
}
