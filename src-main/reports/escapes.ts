import { printable } from '../base/plain-text.ts';

/**
 * Names and sentences as they are written into other languages. Whatever a name holds, it is shown and does nothing: no
 * markup, no formula, no command, nothing that a terminal obeys or that turns the direction of a text. Runs in a
 * browser.
 */

/** On one line, with nothing unseen in it. */
export const oneLine = (text: string): string => printable(text.replace(/\s+/g, ' '));

/** For HTML text and quoted attributes. Line breaks and tabs stay. */
export function escapeHtml(text: string): string {
  return printable(text, true)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/**
 * For GitHub-flavoured Markdown, anywhere in a line or a table's cell: neither Markdown nor the HTML inside it is read
 * as markup, an address does not become a link, a number at the start does not become a list.
 */
export function escapeMarkdown(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_{}[\]()#+!|~>$@=-]/g, '\\$&')
    .replace(/^( ?\d+)\.(?=\s|$)/, '$1\\.')
    .replaceAll('://', ':\\/\\/')
    .replace(/\bwww\./gi, (start) => `${start.slice(0, -1)}\\.`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;');
}

/**
 * A code span. Inside a table a pipe would end the cell, whatever backticks are around it: then it is written as HTML.
 */
export function markdownCode(text: string, where: 'text' | 'table' = 'text'): string {
  const line = oneLine(text);
  if (where === 'table' && line.includes('|')) return `<code>${escapeMarkdown(line)}</code>`;
  const ticks = '`'.repeat(longestRun(line) + 1);
  const room = /^[` ]|[` ]$/.test(line) || line === '' ? ' ' : '';
  return `${ticks}${room}${line}${room}${ticks}`;
}

/** A code block whose fence is longer than any run of backticks inside. */
export function markdownBlock(text: string, language: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${printable(text, true)}\n${fence}`;
}

const longestRun = (text: string): number => Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));

const LATEX: Readonly<Record<string, string>> = {
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
  '|': '\\textbar{}',
  '↑': '$\\uparrow$',
  '↓': '$\\downarrow$',
  '±': '$\\pm$',
  '−': '$-$',
  '×': '$\\times$',
  '·': '$\\cdot$',
  '≈': '$\\approx$',
  λ: '$\\lambda$',
  Δ: '$\\Delta$',
  '–': '--',
  '…': '\\ldots{}',
  '“': '``',
  '”': "''",
  '’': "'",
};

/** For LaTeX text and the cells of its tables, so that names and warnings are printed as they are. */
export function escapeLatex(text: string): string {
  return (
    oneLine(text)
      // Two hyphens would be printed as a dash.
      .replace(/-(?=-)/g, '-\u0000')
      .replace(/[\\{}$&#%_~^<>|↑↓±−×·≈λΔ–…“”’]/g, (character) => LATEX[character] ?? character)
      .replaceAll('\u0000', '{}')
      // After the end of a row, these would belong to it: `\\[2cm]`, `\\*`.
      .replace(/^[[*]/, '{$&}')
  );
}

/** A comment of LaTeX ends at a line break: nothing may break out of it. */
export const latexComment = (text: string): string => `% ${oneLine(text)}`;

/** What a spreadsheet takes for the start of a formula, also behind blanks and in full width. */
const FORMULA = /^[\s\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * A cell's text that no spreadsheet computes: what looks like a formula gets an apostrophe in front. Signed numbers
 * stay numbers.
 */
export function spreadsheetText(text: string): string {
  const line = printable(text, true);
  return FORMULA.test(line) && !NUMBER.test(line) ? `'${line}` : line;
}

/** One line of CSV (RFC 4180), disarmed for spreadsheets. Semicolons and tabs separate cells in some of them. */
export function csvLine(fields: readonly string[]): string {
  return fields
    .map(spreadsheetText)
    .map((field) => (/[",;\t\r\n]|^ | $/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}

/** One line of tab-separated text for pasting into a spreadsheet: no cell can hold a tab or a line break. */
export function tsvLine(fields: readonly string[]): string {
  return fields.map((field) => spreadsheetText(field.replace(/\s+/g, ' ').replaceAll('−', '-'))).join('\t');
}
