import { csvReport } from './csv.ts';
import { htmlReport } from './html.ts';
import type { ReportInput, ReportStudy } from './input.ts';
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

/** The files of a report in the formats asked for, named after the study and its id. Pure: the same input gives the same text. */
export function makeReport(input: ReportInput, formats: readonly ReportFormat[]): ReportFile[] {
  const name = fileName(input.study);
  return [...new Set(formats)].map((format) => {
    const { extension, mime, write } = WRITERS[format];
    return { name: `${name}.${extension}`, mime, text: write(input) };
  });
}

const LONGEST_NAME = 48;

/**
 * The study's name as every file system takes it, and the start of its id, so that two studies never have one name: `etude-der-er-3fa9c2d1`,
 * `研究-3fa9c2d1`. Letters of every script stay; Latin ones lose their accents.
 */
export function fileName(study: Pick<ReportStudy, 'id' | 'name'>): string {
  const letters = [
    ...study.name
      .normalize('NFKD')
      .replace(/(\p{Script=Latin})\p{M}+/gu, '$1')
      .normalize('NFC')
      .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
      .toLowerCase(),
  ];
  const name = letters
    .slice(0, LONGEST_NAME)
    .join('')
    .replace(/^-+|-+$/g, '');
  const id = study.id.replace(/[^A-Za-z0-9]+/g, '').slice(0, 8);
  return `${name === '' ? 'report' : name}-${id}`;
}
