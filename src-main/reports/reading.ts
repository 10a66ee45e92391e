import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { sha256 } from '../base/canonical.ts';
import { trialIn } from '../results/identity.ts';
import { parseReportJson } from './json.ts';
import type { ImportedReport } from './json.ts';
import { verifyReport } from './verify.ts';
import type { KnownSuite, VerifiedTrial } from './verify.ts';

/** A string holds no more. */
export const LARGEST_REPORT_BYTES = 500e6;

/** A report that was read and looked at as a whole. */
export interface WholeReport {
  /** SHA-256 of its file. */
  readonly file: string;
  readonly report: Omit<ImportedReport, 'trials'>;
  /** Those whose artefacts others opened come before them. */
  readonly trials: readonly VerifiedTrial[];
}

/** Reads a JSON report from a file and looks at every trial. Throws with a sentence about what is wrong with it. */
export async function readReport(path: string, suites: ReadonlyMap<string, KnownSuite>): Promise<WholeReport> {
  const bytes = await readReportFile(path);
  const { trials: stored, ...report } = parseReportJson(bytes.toString('utf8'));
  const trials = [...verifyReport({ ...report, trials: stored }, (suite) => suites.get(suite) ?? null)];
  return { file: sha256(bytes), report, trials: makersFirst(trials) };
}

async function readReportFile(path: string): Promise<Buffer> {
  // Without O_NONBLOCK the opening itself waits for somebody who writes into a FIFO. Windows has neither.
  const flags = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK);
  const handle = await open(path, flags).catch((error: unknown) => {
    throw new Error(`The file ${path} could not be read: ${error instanceof Error ? error.message : String(error)}.`);
  });
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new Error(`${path} is no regular file. Choose the .json file of a Touchstone report.`);
    if (found.size > LARGEST_REPORT_BYTES) throw tooLarge(found.size);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** What is said of a report that is too large to be read. */
export function tooLarge(bytes: number): Error {
  const megabytes = (of: number): string => `${Math.ceil(of / 1e6)} MB`;
  return new Error(
    `This report is ${megabytes(bytes)} large; at most ${megabytes(LARGEST_REPORT_BYTES)} can be ` +
      'read. Export smaller studies.',
  );
}

/** Throws where trials need each other in a circle. */
function makersFirst(trials: readonly VerifiedTrial[]): VerifiedTrial[] {
  const byId = new Map(trials.map((one) => [one.trial.id, one]));
  const placed = new Set<string>();
  const ordered: VerifiedTrial[] = [];
  const place = (one: VerifiedTrial, above: readonly string[]): void => {
    const { id, artefacts } = one.trial;
    if (placed.has(id)) return;
    if (above.includes(id))
      throw new Error('This report is damaged and nothing was imported: its trials need each other in a circle.');
    for (const needed of Object.values(artefacts ?? {})) {
      const maker = byId.get(trialIn(needed));
      if (maker !== undefined) place(maker, [...above, id]);
    }
    placed.add(id);
    ordered.push(one);
  };
  for (const one of trials) place(one, []);
  return ordered;
}
