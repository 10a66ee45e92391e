import { csvReport } from './csv.ts';
import { htmlReport } from './html/page.ts';
import type { ReportInput, ReportStudy } from './input.ts';
import { jsonReport, type ReportedAnswers } from './json.ts';
import { latexReport } from './latex.ts';
import { markdownReport } from './markdown.ts';
import type { PrintPage } from './print.ts';

export type ReportFormat = 'html' | 'pdf' | 'markdown' | 'latex' | 'csv' | 'json';

export interface ReportFile {
  name: string;
  mime: string;
  text: string;
  /** `base64`: the text stands for bytes. */
  encoding: 'utf8' | 'base64';
}

export interface Printing {
  /** The HTML is for a printer. */
  readonly paper: boolean;
  /** What the JSON holds of each trial's answers. */
  readonly answers?: ReportedAnswers;
  readonly print: PrintPage;
}

type Writer = (input: ReportInput, answers?: ReportedAnswers) => string;
const WRITERS: Readonly<
  Record<Exclude<ReportFormat, 'html' | 'pdf'>, readonly [extension: string, mime: string, write: Writer]>
> = {
  markdown: ['md', 'text/markdown', markdownReport],
  latex: ['tex', 'application/x-tex', latexReport],
  csv: ['csv', 'text/csv', csvReport],
  json: ['json', 'application/json', jsonReport],
};

/**
 * The files of a report in the formats asked for, named after the study and its id. The same input gives the same text.
 * Rejects with PrintError where a PDF is asked for and cannot be printed.
 */
export function makeReport(
  input: ReportInput,
  formats: readonly ReportFormat[],
  printing: Printing,
): Promise<ReportFile[]> {
  const name = fileName(input.study);
  return Promise.all([...new Set(formats)].map((format) => makeFile(input, format, name, printing)));
}

async function makeFile(
  input: ReportInput,
  format: ReportFormat,
  name: string,
  { paper, print, answers }: Printing,
): Promise<ReportFile> {
  if (format === 'html')
    return { name: `${name}.html`, mime: 'text/html', text: htmlReport(input, paper), encoding: 'utf8' };
  if (format === 'pdf') {
    const bytes = Buffer.from(await print(htmlReport(input, true)));
    return { name: `${name}.pdf`, mime: 'application/pdf', text: bytes.toString('base64'), encoding: 'base64' };
  }
  const [extension, mime, write] = WRITERS[format];
  return { name: `${name}.${extension}`, mime, text: write(input, answers), encoding: 'utf8' };
}

const LONGEST_NAME = 48;

/**
 * The study's name as every file system takes it, and the start of its id, so that two studies never have one name:
 * `etude-der-er-3fa9c2d1`, `研究-3fa9c2d1`. Letters of every script stay; Latin ones lose their accents.
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
