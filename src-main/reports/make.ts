import { csvReport } from './csv.ts';
import { htmlReport } from './html.ts';
import type { ReportInput } from './input.ts';
import { jsonReport } from './json.ts';
import { latexReport } from './latex.ts';
import { markdownReport } from './markdown.ts';

export type ReportFormat = 'html' | 'markdown' | 'latex' | 'csv' | 'json';

export interface ReportFile {
  name: string;
  mime: string;
  text: string;
}

const WRITERS: Record<
  ReportFormat,
  { readonly extension: string; readonly mime: string; readonly write: (input: ReportInput) => string }
> = {
  html: { extension: 'html', mime: 'text/html', write: htmlReport },
  markdown: { extension: 'md', mime: 'text/markdown', write: markdownReport },
  latex: { extension: 'tex', mime: 'application/x-tex', write: latexReport },
  csv: { extension: 'csv', mime: 'text/csv', write: csvReport },
  json: { extension: 'json', mime: 'application/json', write: jsonReport },
};

/** The files of a report in the formats asked for, named after the study. Pure: the same input gives the same text. */
export function makeReport(input: ReportInput, formats: readonly ReportFormat[]): ReportFile[] {
  const name = fileName(input.study.name);
  return [...new Set(formats)].map((format) => {
    const { extension, mime, write } = WRITERS[format];
    return { name: `${name}.${extension}`, mime, text: write(input) };
  });
}

/** A name every file system takes: letters, digits and dashes; `report` when nothing is left. */
export function fileName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase()
    .slice(0, 80);
  return plain === '' ? 'report' : plain;
}
