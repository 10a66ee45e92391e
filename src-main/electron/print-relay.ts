import { contract } from '../workbench/contract/contract.ts';
import type { Output, ParsedInput } from '../workbench/contract/contract.ts';
import type { RelayTarget } from './relay.ts';

type Report = ParsedInput<'report.make'>;

/**
 * The Workbench with PDF reports printed here instead of by a Chromium that would have to be installed. One at a time.
 */
export function withPrinting(target: RelayTarget, print: (html: string) => Promise<Buffer>): RelayTarget {
  let last: Promise<unknown> = Promise.resolve();
  const make = async (input: Report): Promise<Output<'report.make'>['files']> =>
    contract['report.make'].output.parse(await target.request('report.make', input)).files;
  const pdfReport = async (input: Report): Promise<unknown> => {
    const page = (await make({ ...input, formats: ['html'], paper: true }))[0];
    if (page === undefined) throw new Error('the Workbench made no page to print');
    const bytes = await print(page.text);
    const pdf = {
      name: page.name.replace(/\.html$/, '.pdf'),
      mime: 'application/pdf',
      text: bytes.toString('base64'),
      encoding: 'base64',
    };
    const others = input.formats.filter((format) => format !== 'pdf');
    const rest = others.length === 0 ? [] : await make({ ...input, formats: others });
    return { files: [...rest, pdf] };
  };
  return {
    request(operation, input) {
      const report = operation === 'report.make' ? contract['report.make'].input.safeParse(input) : null;
      if (report?.success !== true || !report.data.formats.includes('pdf')) return target.request(operation, input);
      const job = last.then(() => pdfReport(report.data));
      last = job.catch(() => undefined);
      return job;
    },
  };
}
