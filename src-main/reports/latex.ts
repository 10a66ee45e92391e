import { when, type ReportInput } from './input.ts';
import { metricHeader, suiteTables, type TableCell } from './tables.ts';

const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  '%': '\\%',
  _: '\\_',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '↑': '$\\uparrow$',
  '↓': '$\\downarrow$',
  '±': '$\\pm$',
  '−': '$-$',
  '–': '--',
  '≈': '$\\approx$',
  '…': '\\ldots{}',
  '“': '``',
  '”': "''",
  '’': "'",
};

/** Escapes text for LaTeX, so that names and warnings are printed as they are. */
export function escapeLatex(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\{}$&#%_~^<>↑↓±−–≈…“”’]/g, (character) => SPECIAL[character] ?? character);
}

/** One booktabs table per suite, to be put into a paper: `\input` it after `\usepackage{booktabs}`. */
export function latexReport(input: ReportInput): string {
  const head = [
    `% ${comment(input.title)}`,
    `% Made by Touchstone ${comment(input.version)}, ${when(input.createdAt)}, study ${comment(input.study.id)}.`,
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

/** A comment ends at a line break: nothing may break out of it. */
function comment(text: string): string {
  return text.replace(/\s+/g, ' ');
}
