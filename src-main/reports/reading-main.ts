import { readReport } from './reading.ts';
import type { WholeReport } from './reading.ts';
import type { ReadingAnswer, ReadingJob } from './reading-process.ts';

// Forked by reading-process.ts: reads one report, then hands over its trials one by one as it is asked for them.
process.once('disconnect', () => process.exit());
let whole: WholeReport | null = null;
process.on('message', (job: ReadingJob) => {
  void answer(job).then((said) => process.send?.(said));
});

async function answer(job: ReadingJob): Promise<ReadingAnswer> {
  try {
    if (job.kind === 'read') {
      whole = await readReport(job.path, job.suites);
      return { kind: 'read', file: whole.file, report: whole.report, trials: whole.trials.length };
    }
    const trial = whole?.trials[job.index];
    if (trial === undefined) throw new Error(`The report has no trial ${job.index}.`);
    return { kind: 'trial', trial };
  } catch (error) {
    if (!(error instanceof Error)) return { kind: 'failed', known: false, message: String(error) };
    // What is wrong with a report is said by plain errors; others are faults of the program.
    const known = error.constructor === Error;
    return { kind: 'failed', known, message: known ? error.message : (error.stack ?? error.message) };
  }
}
