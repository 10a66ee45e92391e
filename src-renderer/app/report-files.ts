import type { Input, ReportFormat, WorkbenchClient } from '../../src-main/workbench/contract/contract.ts';
import { download } from '../charts/export.ts';

/** The formats of a report, as menus name them. */
export const FORMAT_WORDS: Readonly<Record<ReportFormat, string>> = {
  html: 'HTML page, self-contained',
  pdf: 'PDF, for paper',
  markdown: 'Markdown',
  latex: 'LaTeX tables',
  csv: 'CSV, one row per value',
  json: 'JSON, the whole study, imports back',
};

/** Makes a report and offers its files; answers their names. Rejects with what the Workbench says. */
export async function saveReport(
  client: Pick<WorkbenchClient, 'call'>,
  study: string,
  format: ReportFormat,
  view?: Input<'report.make'>['view'],
): Promise<string[]> {
  const asked = { study, formats: [format], ...(view === undefined ? {} : { view: plain(view) }) };
  const { files } = await client.call('report.make', asked);
  for (const { name, mime, text, encoding } of files)
    download(name, encoding === 'utf8' ? text : new Blob([bytesOf(text)], { type: mime }), mime);
  return files.map(({ name }) => name);
}

/** A copy without anything reactive: a proxy cannot be sent. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
