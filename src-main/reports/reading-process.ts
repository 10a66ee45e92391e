import { fileURLToPath } from 'node:url';
import { boundedChild } from '../base/bounded-child.ts';
import type { BoundedChild } from '../base/bounded-child.ts';
import type { WholeReport } from './reading.ts';
import type { KnownSuite, VerifiedTrial } from './verify.ts';

/** What the reading process is asked for. */
export type ReadingJob =
  | { readonly kind: 'read'; readonly path: string; readonly suites: ReadonlyMap<string, KnownSuite> }
  | { readonly kind: 'trial'; readonly index: number };

/** What it answers. `known` failures are about the report; others are faults of the program. */
export type ReadingAnswer =
  | ({ readonly kind: 'read'; readonly trials: number } & Pick<WholeReport, 'file' | 'report'>)
  | { readonly kind: 'trial'; readonly trial: VerifiedTrial }
  | { readonly kind: 'failed'; readonly message: string; readonly known: boolean };

/** What is wrong with a report, in a sentence for the person who has it. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
}

/** A report that another process has read and looked at as a whole. */
export interface ReadReport extends Pick<WholeReport, 'file' | 'report'> {
  readonly count: number;
  trial(index: number): Promise<VerifiedTrial>;
  /** Ends the process that holds it. */
  close(): void;
}

/**
 * Reads the file of a report and looks at it as a whole. Rejects with ReportError where something is wrong with the
 * report.
 */
export type ReadReportFile = (path: string, suites: ReadonlyMap<string, KnownSuite>) => Promise<ReadReport>;

const ENTRY = fileURLToPath(new URL('./reading-main.ts', import.meta.url));
const HEAP_MEGABYTES = 3072;

/**
 * Reads in a process of its own with a bound on its memory: whoever has to answer others goes on answering. See
 * `ReadReportFile`.
 */
export async function readInProcess(
  path: string,
  suites: ReadonlyMap<string, KnownSuite>,
  heapMegabytes = HEAP_MEGABYTES,
): Promise<ReadReport> {
  const child = boundedChild({
    entry: ENTRY,
    args: [],
    heapMegabytes,
    name: 'The process that reads the report',
    tooLarge: () =>
      new ReportError(
        `This report needs more memory than reading may take (${heapMegabytes} MB), or than there is. ` +
          'Export smaller studies.',
      ),
  });
  try {
    const head = await asked(child, { kind: 'read', path, suites }, 'read');
    return {
      file: head.file,
      report: head.report,
      count: head.trials,
      trial: async (index) => (await asked(child, { kind: 'trial', index }, 'trial')).trial,
      close: () => child.end(),
    };
  } catch (error) {
    child.end();
    throw error;
  }
}

async function asked<K extends ReadingAnswer['kind']>(
  child: BoundedChild,
  job: ReadingJob,
  kind: K,
): Promise<Extract<ReadingAnswer, { kind: K }>> {
  const answer = await child.ask(job);
  if (isAnswer(answer, kind)) return answer;
  if (isAnswer(answer, 'failed')) throw answer.known ? new ReportError(answer.message) : new Error(answer.message);
  throw new Error('The process that reads the report said something else.');
}

/** Both sides are of one program, and the report was parsed over there. */
function isAnswer<K extends ReadingAnswer['kind']>(
  answer: unknown,
  kind: K,
): answer is Extract<ReadingAnswer, { kind: K }> {
  return typeof answer === 'object' && answer !== null && 'kind' in answer && answer.kind === kind;
}
