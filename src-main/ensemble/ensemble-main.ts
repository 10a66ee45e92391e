import { existsSync } from 'node:fs';
import path from 'node:path';
import { makeFolder, writeResult } from '../base/files.ts';
import { refusal, reason } from '../datasets/refuse.ts';
import { DatasetError } from '../datasets/types.ts';
import { runEnsemble } from './job.ts';
import { ensembleQuestion, ensembleSummary } from './messages.ts';
import type { EnsembleAnswer } from './messages.ts';
import { readOutside } from './outside.ts';

// Forked by process.ts as: ensemble-main.ts <version>. Does one piece of work and is ended by who asked.
const [, , version = ''] = process.argv;
process.once('disconnect', () => process.exit());
process.once('message', (message) => {
  void answer(message).then((said) => process.send?.(said));
});

async function answer(message: unknown): Promise<EnsembleAnswer> {
  try {
    const question = ensembleQuestion.parse(message);
    if (question.ask === 'read')
      return { kind: 'read', outside: await readOutside(question.files, question.dataFolder) };
    const { request, output, force } = question.job;
    if (output !== null && !force && existsSync(output)) throw isThere(output);
    const report = await runEnsemble(request, version);
    if (output !== null) write(output, `${JSON.stringify(report)}\n`, force);
    return { kind: 'done', result: { summary: ensembleSummary.parse(report), file: output } };
  } catch (error) {
    if (error instanceof DatasetError) return { kind: 'failed', message: reason(error), isFault: false };
    return {
      kind: 'failed',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      isFault: true,
    };
  }
}

/** There whole or not at all. */
function write(target: string, text: string, force: boolean): void {
  try {
    makeFolder(path.dirname(target));
    writeResult(target, text, force);
  } catch (error) {
    throw refusal({
      where: target,
      expected: 'a place where a file can be written',
      found: reason(error),
      remedy: 'Choose another file.',
    });
  }
}

const isThere = (target: string): DatasetError =>
  refusal({
    where: target,
    expected: 'no file of this name',
    found: 'one that is there already',
    remedy: 'Choose another name, or say that it is replaced.',
  });
